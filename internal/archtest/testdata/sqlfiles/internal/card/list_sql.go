package card

const all = `SELECT id FROM card`
