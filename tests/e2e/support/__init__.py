"""What the end-to-end and fault tests share: servers, a signing client, packages, waiting."""
