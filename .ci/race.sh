#!/bin/sh
# race.sh runs the tests of the packages with concurrent code under the race
# detector, which needs a C compiler. Left out are what one goroutine does with many
# spellings and records, and measurements of time and memory, of which the detector takes
# most: the step of the tests makes them.
set -eu
command -v "$(go env CC)" >/dev/null || exec .ci/skipped.sh "race: not run: no C compiler"
texts='TestOneVerdictEverywhere|TestTM006LargeModules|TestCases|TestTM156|TestTM019(TheTail|TextIsLeftOut|NoTextIsCut)|TestRecordsHaveTheTokens|TestFilterPasses|TestMaskedRecordsKeep'
texts="$texts|TestHandlerMasksEachRecordByItsForm|TestKeysOfAValueAgainstAModel|TestFieldsOfSeveralLinesAreMasked"
measured='TestTM009(HostFunctions|ValuesOfRuns|ACallPays|VersionsAreMasked|RecordsArePaid)|TestTM004(TheSameAgain|HostKeeps|NothingIsKept|CostIs|BuiltSearches|PatternsInMemory|PlacesHold|OneValueUnder|ManyWrites|ManyKeysFill)|TestP4Escapes|TestP5'
measured="$measured|TestTM006AStop|TestTM010OneRequest|TestTM011(OneRequest|WhatDoesNotFit)|TestTM032ShortCalls|TestGeneratedPrograms|TestLargeValuesWork|TestLargeValueInMany|TestMaskedAtOpenStays|TestReadingManyKeysHolds"
measured="$measured|TestWorkIsLinear|TestTimeIsLinear|TestMemoryForAValueIsBounded|TestSecretDoesNotGrowWithItsKeys"
packages=$(go list ./runtime/...)
printf '%s\n' "$packages" | grep -v -e /internal/project -e /internal/wasmbin -e /runtime/abi \
  -e /capability/guesttext -e /runtime/module -e /runtime/suggest -e /policy/internal/ -e /redact/internal/encodings -e /secrettest |
  xargs env CGO_ENABLED=1 go test -race -short -skip "^($texts|$measured)"
