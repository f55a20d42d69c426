// Package packs holds the rules that ship with the program: one *.yml file for each
// subject, every rule with a test that fires and one that does not.
//
// What enters: nothing. What leaves: the rules, read by rules/file as any others. A rule
// of one's own with the same id stands in for the pack's.
package packs

import (
	"embed"
	"fmt"

	"foghorn/rules"
	"foghorn/rules/file"
)

// FS holds the files of the pack.
//
//go:embed *.yml
var FS embed.FS

// Load reads the pack. An error is a defect of the program.
func Load() (*rules.Set, error) {
	entries, err := FS.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("read the pack: %w", err)
	}
	var out []*rules.Rule
	for _, e := range entries {
		data, err := FS.ReadFile(e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the pack: %w", err)
		}
		list, err := file.Parse("packs/"+e.Name(), data)
		if err != nil {
			return nil, fmt.Errorf("read the pack: %w", err)
		}
		out = append(out, list...)
	}
	return rules.NewSet(out...)
}
