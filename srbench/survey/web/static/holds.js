// Why no answer is taken yet: pictures are loading, the zoom has changed, something must be looked at first.
const reasons = new Set();

const show = () => document.body.classList.toggle("waiting", reasons.size > 0);

export const hold = (reason) => { reasons.add(reason); show(); };
export const release = (reason) => { reasons.delete(reason); show(); };
export const holdWhile = (reason, wrong) => (wrong ? hold : release)(reason);
export const ready = () => reasons.size === 0;
