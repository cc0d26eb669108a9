// Command tables checks that the tables of the long tier are up to date. Each area of
// .ci/areas needs a table, testdata/long/AREA.txt, whose first line names the commit
// that was tested. The check fails if a table does not exist, if more than 30 commits
// since then have changed the paths of the area, or if no file matches one of these
// paths. If the commit is not in the history of HEAD, as in a shallow clone, it fails
// with CI=true and prints a note otherwise.
package main
