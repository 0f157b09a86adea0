package card

const (
	list  = `SELECT id FROM card`
	with  = `WITH due AS (SELECT 1) SELECT 1`
	prose = "SELECTED: 5 cards"
)
