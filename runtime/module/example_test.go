package module_test

import (
	"fmt"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
)

func ExampleInspect() {
	b, _ := modules.Bytes("env")
	info, err := module.Inspect(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Manifest.Name, "can", info.Verbs, "and wants", info.Wants)
	// Output: env can [get keys] and wants [env]
}

func ExampleLock_Verify() {
	b, _ := modules.Bytes("env")
	var lock module.Lock
	if err := lock.Pin("./env.wasm", b); err != nil {
		fmt.Println(err)
		return
	}
	changed, _ := modules.Bytes("memory")
	err := lock.Verify("./env.wasm", changed)
	fmt.Println(err.(*module.Error).Reason, err.(*module.Error).Wants)
	// Output: wants_more [kv]
}
