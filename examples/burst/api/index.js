// Answers after a millisecond, as one that asks a cache or a database does.
exports.handler = (request, response) => {
    setTimeout(() => {
        response.setHeader('Content-Type', 'application/json');
        response.send(JSON.stringify({ path: request.path }));
    }, 1);
};
