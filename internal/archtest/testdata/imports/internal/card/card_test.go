package card_test

import _ "kofu/internal/web"
