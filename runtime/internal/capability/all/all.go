package all

import (
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/core"
	"github.com/postern-project/postern/runtime/internal/capability/env"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/kv"
	"github.com/postern-project/postern/runtime/internal/capability/wasi"
)

// Grants is what an operator granted one provider. The zero Grants grants nothing:
// nil, empty and absent are the same.
type Grants struct {
	Env   []string // names of variables, each of which may end in one star
	Files []FileGrant
}

// FileGrant is [file.Grant].
type FileGrant = file.Grant

// Open opens the capabilities of one provider with what was granted: see
// [capability.Open].
func Open(o capability.Options, g Grants) (*capability.Set, error) {
	files := file.New(g.Files)
	return capability.Open(o,
		core.New(),
		env.New(g.Env, files),
		files,
		kv.New(),
		wasi.New(),
	)
}
