package card

const (
	receive = `INSERT INTO card (id) VALUES (?) ON CONFLICT DO UPDATE SET id = 1`
	stolen  = `UPDATE delivery SET state = 'closed'`
	hidden  = `DELETE FROM ` + table + ` WHERE id = ?`
	phantom = `INSERT OR REPLACE INTO ghost (id) VALUES (1)`
	prose   = "UPDATE: the list was read again"
)
