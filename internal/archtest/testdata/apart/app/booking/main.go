package main

import (
	_ "kofu/internal/booking/slot"
	_ "kofu/internal/card"
)
