package slot_test

import _ "kofu/internal/card"
