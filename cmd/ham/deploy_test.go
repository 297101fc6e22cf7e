package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// What the files in .deploy set is what ham serve takes.
func TestDeployedSettingsExist(t *testing.T) {
	known := []string{keyVariable}
	for _, s := range serveSettings().all {
		known = append(known, s.variable())
	}
	files, err := filepath.Glob("../../.deploy/*")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bHAM_[A-Z_]+\b`).FindAllString(string(text), -1) {
			found++
			if !slices.Contains(known, name) {
				t.Errorf("%s sets %s, which is no setting", filepath.Base(file), name)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d settings were found", found)
	}
}
