package modules_test

import (
	"fmt"

	"github.com/postern-project/postern/modules"
)

func Example() {
	for _, name := range modules.Names() {
		wasm, _ := modules.Bytes(name)
		fmt.Printf("%s %q\n", name, wasm[:4])
	}
	// Output:
	// env "\x00asm"
	// file "\x00asm"
	// memory "\x00asm"
}
