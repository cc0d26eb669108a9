package postern

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
)

func TestParse(t *testing.T) {
	t.Parallel()
	b := abi.Append(nil, abi.TagKey, []byte("a"))
	b = abi.Append(b, 999, []byte("skipped"))
	b = abi.Append(b, abi.TagValue, nil)
	b = abi.Append(b, abi.TagPrefix, []byte("p/"))
	r, err := parseRequest(b)
	if err != nil || !slices.Equal(r.keys, []string{"a"}) || r.value == nil || len(r.value) != 0 || r.prefix != "p/" {
		t.Errorf("parseRequest = %+v, %v", r, err)
	}
	setting := abi.Append(abi.Append(nil, abi.TagName, []byte("greeting")), abi.TagText, []byte("hi"))
	b = abi.Append(abi.Append(nil, abi.TagProvider, []byte("p")), abi.TagConfig, setting)
	c, err := parseConfig(b)
	if err != nil || c.Provider != "p" || c.Get("greeting", "") != "hi" || c.Get("other", "fallback") != "fallback" {
		t.Errorf("parseConfig = %+v, %v", c, err)
	}
	if err := c.Only("greeting", "other"); err != nil {
		t.Errorf("Only = %v", err)
	}
	if s, _ := statusOf(c.Only("other")); s != InvalidValue {
		t.Errorf("Only without the setting = %v, want invalid_value", s)
	}
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want Status
		text string
	}{
		{NotFound, NotFound, ""},
		{fmt.Errorf("around: %w", Conflict), Conflict, ""},
		{errors.Join(errors.New("x"), Timeout), Timeout, ""},
		{Fail(Throttled, "slow"), Throttled, "slow"},
		{fmt.Errorf("around: %w", Fail(Throttled, "slow")), Throttled, "slow"},
		{errors.New("may hold a value"), Internal, ""},
	} {
		if s, text := statusOf(c.err); s != c.want || text != c.text {
			t.Errorf("statusOf(%v) = %v, %q, want %v, %q", c.err, s, text, c.want, c.text)
		}
	}
	for _, s := range abi.Statuses() {
		if Status(s).Error() != s.String() {
			t.Errorf("status %d is called %q, want %q", s, Status(s).Error(), s)
		}
	}
}

// FuzzParse decodes arbitrary bytes: it returns an error or a result and does not
// panic.
func FuzzParse(f *testing.F) {
	f.Add(abi.Append(nil, abi.TagKey, []byte("a")))
	f.Add(abi.Append(nil, abi.TagConfig, abi.Append(nil, abi.TagName, []byte("n"))))
	f.Add(abi.AppendUint32(abi.Append(nil, abi.TagName, []byte("n")), abi.TagKind, abi.KindFolder))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := parseRequest(b); err != nil && (r.keys != nil || r.value != nil || r.prefix != "") {
			t.Error("parseRequest returned an error and a request")
		}
		if c, err := parseConfig(b); err != nil && (c.Provider != "" || c.Settings != nil) {
			t.Error("parseConfig returned an error and a config")
		}
		for _, one := range []bool{true, false} {
			if all, err := parseFiles(b, one); err != nil && all != nil || one && err == nil && len(all) != 1 {
				t.Errorf("parseFiles = %+v, %v", all, err)
			}
		}
	})
}
