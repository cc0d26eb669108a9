// Package copytest checks functions that copy a public type field by field: a field that
// is added to the type later must be copied, too.
package copytest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// Filled returns a T in which no exported field is zero: slices and maps have one element.
// The types that it cannot make, such as interfaces, are taken from values.
func Filled[T any](t *testing.T, values ...any) T {
	t.Helper()
	var out T
	f := filler{values: values}
	f.fill(reflect.ValueOf(&out).Elem(), reflect.TypeFor[T]().Name())
	for _, reason := range f.failed {
		t.Fatal(reason)
	}
	return out
}

type filler struct {
	values []any
	failed []string
}

func (f *filler) fill(v reflect.Value, path string) {
	for _, value := range f.values {
		if given := reflect.ValueOf(value); given.Type() == v.Type() || v.Kind() == reflect.Interface && given.Type().Implements(v.Type()) {
			v.Set(given)
			return
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.String:
		v.SetString("x")
	case reflect.Pointer: // copies may share what it points to
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Func:
		v.Set(reflect.MakeFunc(v.Type(), func([]reflect.Value) []reflect.Value { panic("called") }))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0), path+"[0]")
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key, path+"[key]")
		f.fill(value, path+"[value]")
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		exported := 0
		for field := range v.Type().Fields() {
			if field.IsExported() {
				exported++
				f.fill(v.FieldByIndex(field.Index), path+"."+field.Name)
			}
		}
		if exported < v.NumField() {
			f.failed = append(f.failed, fmt.Sprintf("%s: %s has fields that are not exported; give Filled a value", path, v.Type()))
		}
	default:
		f.failed = append(f.failed, fmt.Sprintf("%s: cannot make a %s; give Filled a value", path, v.Type()))
	}
}

// Differences lists where copied is not a copy of original: a field that is another one or
// zero, and a slice or a map that both share. The fields of skip, such as "Options.Limits",
// are not compared. What pointers, functions and interfaces refer to is meant to be shared.
func Differences(original, copied any, skip ...string) []string {
	c := comparison{skip: skip}
	a, b := reflect.ValueOf(original), reflect.ValueOf(copied)
	if a.Type() != b.Type() {
		return []string{fmt.Sprintf("the copy of a %s is a %s", a.Type(), b.Type())}
	}
	c.compare(a, b, a.Type().Name())
	return c.found
}

type comparison struct {
	skip  []string
	found []string
}

func (c *comparison) compare(a, b reflect.Value, path string) {
	add := func(reason string) { c.found = append(c.found, path+" "+reason) }
	switch {
	case slices.Contains(c.skip, path):
		return
	case a.IsZero():
		add("is zero in the original: nothing is compared")
		return
	case b.IsZero():
		add("is not copied")
		return
	}
	switch a.Kind() {
	case reflect.Func, reflect.Pointer:
		if a.Pointer() != b.Pointer() {
			add("differs")
		}
	case reflect.Slice:
		if a.Pointer() == b.Pointer() {
			add("is shared")
		}
		if a.Len() != b.Len() {
			add("differs in its length")
			return
		}
		for i := range a.Len() {
			c.compare(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		if a.Pointer() == b.Pointer() {
			add("is shared")
		}
		for _, key := range a.MapKeys() {
			value := b.MapIndex(key)
			if !value.IsValid() {
				add(fmt.Sprintf("has no %v", key))
				continue
			}
			c.compare(a.MapIndex(key), value, fmt.Sprintf("%s[%v]", path, key))
		}
	case reflect.Struct:
		whole := true
		for field := range a.Type().Fields() {
			if whole = field.IsExported(); !whole {
				break
			}
			c.compare(a.FieldByIndex(field.Index), b.FieldByIndex(field.Index), path+"."+field.Name)
		}
		if !whole && !a.Equal(b) { // such as a time.Time
			add("differs")
		}
	default:
		if !a.Equal(b) {
			add("differs")
		}
	}
}
