package slot

import _ "kofu/internal/store"
