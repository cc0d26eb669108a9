package abi_test

import (
	"fmt"

	"github.com/postern-project/postern/runtime/abi"
)

// A module emits one record for each requested key.
func Example() {
	record := abi.Append(nil, abi.TagKey, []byte("db/password"))
	record = abi.AppendUint32(record, abi.TagStatus, uint32(abi.NotFound))

	for field, err := range abi.Fields(record) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if n, ok := field.Uint32(); ok {
			fmt.Println(field.Tag, abi.Status(n))
			continue
		}
		fmt.Printf("%v %q\n", field.Tag, field.Value)
	}
	// Output:
	// key "db/password"
	// status not_found
}
