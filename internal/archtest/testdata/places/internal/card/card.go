package card

import (
	_ "database/sql"
	_ "net/http/httptest"

	_ "github.com/wailsapp/wails/v2"
)
