// The programs that the checks use. They need nothing but Go and git.
module github.com/postern-project/postern/ci

go 1.26.0
