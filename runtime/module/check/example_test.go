package check_test

import (
	"fmt"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module/check"
)

func ExampleModule() {
	good, _ := modules.Bytes("env")
	_, err := check.Module(good, check.Options{})
	fmt.Println(err)
	_, err = check.Module([]byte("\x00asm\x01\x00\x00\x00"), check.Options{})
	fmt.Println(err)
	// Output:
	// <nil>
	// module: memory_missing: the module defines no memory
}
