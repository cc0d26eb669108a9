package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/internal/copytest"
)

// TestEveryGrantIsASetting: what an embedder can grant, a configuration can grant.
func TestEveryGrantIsASetting(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[runtime.Grant]().Fields() {
		name := strings.ToLower(field.Name)
		_, err := decodeGrant(node{c: &Config{}, l: &layers{}, value: map[string]any{name: true}})
		if err == nil || !strings.Contains(err.Error(), "want a ") {
			t.Errorf("grant: { %s: true } is %v; want an error about its type", name, err)
		}
	}
}

// TestEveryGrantIsAWant: a configuration that was found needs trust for each grant that
// reaches beyond its folder.
func TestEveryGrantIsAWant(t *testing.T) {
	t.Parallel()
	all := copytest.Filled[runtime.Grant](t)
	all.Files[0].Path = t.TempDir()
	for i := range reflect.TypeFor[runtime.Grant]().NumField() {
		c := Config{Options: runtime.Options{Dir: t.TempDir()}}
		p := runtime.ProviderOptions{Name: "p", Module: "env"}
		reflect.ValueOf(&p.Grant).Elem().Field(i).Set(reflect.ValueOf(all).Field(i))
		if len(c.providerWants(p)) == 0 {
			t.Errorf("Grant.%s needs no trust", reflect.TypeFor[runtime.Grant]().Field(i).Name)
		}
	}
}
