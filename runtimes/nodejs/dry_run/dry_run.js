'use strict';
// The function a zygote runs before it serves: what it touches is warm in every worker.

exports.handler = async (event, context) => {
  if (event.toString() === 'raise') throw new Error('dry run');
  return { answer: JSON.parse(event), numbers: [1, 2.5, null, 'text'], request: context.requestId };
};
