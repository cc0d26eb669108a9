package capability

import (
	"cmp"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// Options describes one provider. [Open] fills in the defaults; a capability gets
// the result and must not change it.
type Options struct {
	Provider string           // the configured name
	Dir      string           // folder of relative paths, absolute after Open; "" is the current one
	Path     string           // the setting "path": in most modules, the place of the values
	Environ  func() []string  // the environment as NAME=VALUE; nil is that of the process
	Now      func() time.Time // nil is time.Now
	Log      *slog.Logger     // takes the guest log; nil discards it
	Public   []string         // settings whose values the guest log may show; all others are masked

	// Limits. There are no defaults: 0 allows nothing.
	MaxValue   int64 // bytes of one value
	MaxStore   int64 // bytes that postern_kv_v1 keeps
	MaxKeys    int   // entries of one listing
	MaxListing int64 // bytes of one listing
	MaxCall    int64 // bytes that the host keeps for one call

	ownClock bool // Now is code of the embedder
}

func (o Options) withDefaults() (*Options, error) {
	if o.ownClock = o.Now != nil; !o.ownClock {
		o.Now = time.Now
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, o.LoadError("the current folder cannot be determined").Wrap(err)
	}
	o.Dir = dir
	return &o, nil
}

// LoadError returns an error with the code load_failed and the given detail, which
// must not hold unquoted text of a module or of a setting.
func (o *Options) LoadError(detail string) *secret.Error {
	return &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: o.Provider, Detail: detail}
}
