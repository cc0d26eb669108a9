package postern_test

import (
	"fmt"

	postern "github.com/postern-project/postern/guest-sdk/go"
)

// fixed has one key. A provider is tested like any Go value, with a Replies that
// receives the results.
type fixed struct{ postern.ReadOnly }

func (fixed) Get(keys []string, to postern.Replies) error {
	for _, key := range keys {
		if key != "colour" {
			if err := to.Status(key, postern.NotFound); err != nil {
				return err
			}
			continue
		}
		if err := to.Value(key, []byte("green"), "v1"); err != nil {
			return err
		}
	}
	return nil
}

// printed is a Replies for tests.
type printed struct{}

func (printed) Value(key string, value []byte, version string) error {
	fmt.Printf("%s = %s (%s)\n", key, value, version)
	return nil
}

func (printed) Status(key string, s postern.Status) error {
	fmt.Printf("%s: %v\n", key, s)
	return nil
}

func ExampleProvider() {
	var p postern.Provider = fixed{}
	if err := p.Get([]string{"colour", "shape"}, printed{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(p.Set("colour", []byte("red")))
	// Output:
	// colour = green (v1)
	// shape: not_found
	// unsupported
}
