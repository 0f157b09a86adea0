package card

import _ "kofu/internal/audit"
