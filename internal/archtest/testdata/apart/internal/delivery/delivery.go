package delivery

import _ "kofu/internal/card"
