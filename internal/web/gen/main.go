// Command gen writes the TypeScript types of the HTTP interface into the
// file that it is given.
package main

import (
	"fmt"
	"os"

	"kofu/internal/staffweb"
	"kofu/internal/web"
)

func main() {
	if err := staffweb.WriteTypes(os.Args[1:], web.Types); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
