package format_test

import (
	"fmt"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
)

func Example() {
	value, err := secret.FromString("it's $ecret")
	if err != nil {
		fmt.Println(err)
		return
	}
	var d format.Document
	defer d.Wipe()
	if err := format.Shell(&d, []format.Entry{{Key: "db/password", Name: "DB_PASSWORD", Value: value}}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", d.Bytes())
	// Output: export DB_PASSWORD='it'\''s $ecret'
}
