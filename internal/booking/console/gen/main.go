// Command gen writes the TypeScript types of the console into the file that it
// is given.
package main

import (
	"fmt"
	"os"

	"kofu/internal/booking/console"
	"kofu/internal/staffweb"
)

func main() {
	if err := staffweb.WriteTypes(os.Args[1:], console.Types); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
