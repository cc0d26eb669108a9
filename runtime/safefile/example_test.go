package safefile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/postern-project/postern/runtime/safefile"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "config")
	if err := safefile.Replace(path, []byte("timeout: 5s\n"), 0o600); err != nil {
		fmt.Println(err)
	}
	text, err := safefile.Read(path, 1<<20)
	fmt.Printf("%q %v\n", text, err)
	_, err = safefile.Read(path, 4)
	fmt.Println(safefile.Reason(err))
	// Output:
	// "timeout: 5s\n" <nil>
	// larger than 4 bytes
}
