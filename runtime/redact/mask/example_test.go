package mask_test

import (
	"fmt"

	"github.com/postern-project/postern/runtime/redact/mask"
)

func ExampleMask() {
	m := mask.Mask{Mode: mask.Last, Keep: 4}
	fmt.Println(m.Apply([]byte("ghp_9xQ2mZ7LrT4vWk1Y"), nil))
	// Output: ********Wk1Y
}
