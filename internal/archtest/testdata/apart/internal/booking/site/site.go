package site

import (
	_ "kofu/internal/booking/slot"
	_ "kofu/internal/delivery"
)
