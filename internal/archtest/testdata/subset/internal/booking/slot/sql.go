package slot

const columns = "slot_id, day"

var good = []string{
	"SELECT " + columns + " FROM slot WHERE tenant = $1 AND slot_id = $2",
	"SELECT tenant FROM tenant WHERE host = $1",
	"WITH held AS (SELECT slot_id FROM booking WHERE tenant = $1) SELECT MAX(slot_id) FROM held",
	"no statement: date(now)",
}

var bad = []string{
	"SELECT day FROM slot WHERE slot_id = $1",
	"SELECT day FROM slot WHERE tenant = $1 FOR UPDATE",
	"SELECT day FROM slot WHERE tenant = $1 AND day < now()",
	"SELECT MAX(day, $2) FROM slot WHERE tenant = $1",
	"SELECT day FROM slot WHERE tenant = $1 AND day LIKE $2",
	"SELECT day::text FROM slot WHERE tenant = $1",
	"WITH gone AS (DELETE FROM slot WHERE tenant = $1 RETURNING day) SELECT day FROM gone",
}
