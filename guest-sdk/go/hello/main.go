// Hello is a module with one key: the value of hello is the setting greeting, or
// "hello, world".
package main

import postern "github.com/postern-project/postern/guest-sdk/go"

// greeter returns its greeting for the key hello.
type greeter struct {
	postern.ReadOnly
	greeting []byte
}

func open(c postern.Config) (postern.Provider, error) {
	if err := c.Only("greeting"); err != nil {
		return nil, err
	}
	return greeter{greeting: []byte(c.Get("greeting", "hello, world"))}, nil
}

func (g greeter) Get(keys []string, to postern.Replies) error {
	for _, key := range keys {
		err := error(nil)
		if key == "hello" {
			err = to.Value(key, g.greeting, "")
		} else {
			err = to.Status(key, postern.NotFound)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (greeter) Keys(_ string, add func(string) error) error { return add("hello") }

func main() {}
