// RFC 6761, 6.3: localhost is this machine, also where there is no /etc/hosts to say so.
import dns from 'node:dns'

const lookup = dns.lookup
dns.lookup = (name, ...rest) => lookup(name === 'localhost' ? '127.0.0.1' : name, ...rest)
