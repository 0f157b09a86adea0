package card

import "kofu/internal/fault"

var (
	known   = fault.New(fault.Invalid, "card.known")
	unknown = fault.New(fault.Invalid, "card.unknown")
	detail  = fault.Detail{Row: 3, Code: "card.row_unknown"}
	list    = []fault.Detail{{Code: "card.known"}, {Code: "card.listed"}}
)
