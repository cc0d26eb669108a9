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
	// dotenv "\x00asm"
	// env "\x00asm"
	// folder "\x00asm"
	// json "\x00asm"
	// memory "\x00asm"
	// toml "\x00asm"
	// yaml "\x00asm"
}
