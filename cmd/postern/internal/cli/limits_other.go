//go:build !linux

package cli

import "github.com/postern-project/postern/cmd/postern/internal/app"

// checkLimits checks nothing here.
func checkLimits() *app.Failure { return nil }
