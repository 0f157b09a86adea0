package delivery

const close = `UPDATE delivery SET state = 'closed' WHERE id = ?`
