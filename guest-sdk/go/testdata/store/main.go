// Store is the module that the tests of this package build. It keeps values in the
// key-value store of the host, and uses the rest of the package under keys that
// begin with "try/". It counts calls in a variable, which the host resets.
package main

import (
	"errors"
	"strconv"
	"strings"

	postern "github.com/postern-project/postern/guest-sdk/go"
)

type store struct{}

var calls int

func open(c postern.Config) (postern.Provider, error) {
	if err := c.Only("refuse"); err != nil {
		return nil, err
	}
	if c.Get("refuse", "") != "" {
		return nil, postern.Fail(postern.NotConfigured, "told to refuse")
	}
	return store{}, nil
}

func (store) Get(keys []string, to postern.Replies) error {
	calls++
	for _, key := range keys {
		value, err := value(key)
		var status postern.Status
		switch {
		case err == nil:
			err = to.Value(key, value, version(key))
		case errors.As(err, &status) && key != "try/fail":
			err = to.Status(key, status)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// version returns the number of writes of a key, "" if there were none.
func version(key string) string {
	b, err := postern.Get("version/" + key)
	if err != nil {
		return ""
	}
	return string(b)
}

func value(key string) ([]byte, error) {
	what, ok := strings.CutPrefix(key, "try/")
	if !ok {
		return postern.Get("value/" + key)
	}
	what, name, _ := strings.Cut(what, "/")
	switch what {
	case "calls":
		return []byte(strconv.Itoa(calls)), nil
	case "env":
		return postern.Env(name)
	case "names":
		names, err := postern.EnvNames("")
		return []byte(strings.Join(names, " ")), err
	case "file":
		return postern.ReadFile(name)
	case "stat":
		info, err := postern.Stat(name)
		return []byte(describe(info)), err
	case "dir":
		entries, err := postern.ReadDir(".")
		var all []string
		for _, e := range entries {
			all = append(all, e.Name+" "+describe(e))
		}
		return []byte(strings.Join(all, ", ")), err
	case "write":
		return nil, errors.Join(postern.WriteFile(name, []byte("written")), postern.RemoveFile(name))
	case "log":
		postern.Log(postern.Warn, "a line\nof the guest")
		return []byte(strconv.FormatBool(postern.LogEnabled(postern.Error))), nil
	case "fail":
		return nil, postern.Fail(postern.Throttled, "words of the guest")
	case "plain":
		return nil, errors.New("an error without a status")
	case "panic":
		panic("words of the guest")
	}
	return nil, postern.NotFound
}

func describe(info postern.FileInfo) string {
	if info.Folder {
		return "folder"
	}
	return strconv.FormatUint(info.Size, 10) + " bytes, versioned " + strconv.FormatBool(info.Version != "")
}

func (store) Set(key string, value []byte) error {
	n, _ := strconv.Atoi(version(key))
	if err := postern.Put("value/"+key, value); err != nil {
		return err
	}
	return postern.Put("version/"+key, []byte(strconv.Itoa(n+1)))
}

func (store) Delete(key string) error { return postern.Delete("value/" + key) }

func (store) Keys(prefix string, add func(string) error) error {
	keys, err := postern.List("value/" + prefix)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := add(strings.TrimPrefix(key, "value/")); err != nil {
			return err
		}
	}
	return nil
}

var module = postern.Module{New: open}

//go:wasmexport postern_open
func posternOpen() int32 { return module.Open() }

//go:wasmexport postern_get
func posternGet() int32 { return module.Get() }

//go:wasmexport postern_set
func posternSet() int32 { return module.Set() }

//go:wasmexport postern_delete
func posternDelete() int32 { return module.Delete() }

//go:wasmexport postern_keys
func posternKeys() int32 { return module.Keys() }

func main() {}
