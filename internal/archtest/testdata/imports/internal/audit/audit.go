package audit

import (
	_ "kofu/internal/card"
	_ "kofu/internal/store"
)
