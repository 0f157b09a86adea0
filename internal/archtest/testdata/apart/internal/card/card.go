package card

import _ "kofu/internal/store"
