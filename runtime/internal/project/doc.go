// Package project contains only tests, of the project itself. They read the
// repository as text and through the go command, and fail on an import that no
// arrow allows, a dependency without a reason, a package or file that is too
// large, an exported name without a comment, a threat without a test, and pages
// that differ from the code or from what the command prints.
package project
