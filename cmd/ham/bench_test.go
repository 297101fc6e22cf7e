package main

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/cmd/ham/bench"
	"hamconnect/server/servertest"
)

func TestWhatAKilledLoadTestHasLeftIsRemovedByTheNext(t *testing.T) {
	p := servertest.Start(t, nil)
	m := accountMaker{p.Admin(), t.Logf}
	p.Clock.Advance(-2 * deadAfter)
	dead, kept, alive, fresh := runName(), keptName(), runName(), runName()
	for _, name := range []string{dead, kept, alive} {
		if _, err := m.make(t.Context(), name, 2); err != nil {
			t.Fatal(err)
		}
		if err := m.admin.BeatSynthetic(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	p.Clock.Advance(2 * deadAfter)
	stop, err := m.keepAlive(t.Context(), alive) // one that goes on, for longer than deadAfter
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if _, err := m.make(t.Context(), fresh, 2); err != nil { // one that has only begun
		t.Fatal(err)
	}
	if err := m.removeLeftovers(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := m.admin.Synthetics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{dead: 0, kept: 2, alive: 2, fresh: 2} {
		if all[name].Users != want {
			t.Errorf("%s has %d people, want %d", name, all[name].Users, want)
		}
	}
	if time.Since(all[alive].Beat) > deadAfter {
		t.Errorf("the one that goes on was seen last at %s", all[alive].Beat)
	}
}

func TestTheCommandInAReportHoldsNoPassword(t *testing.T) {
	var shown string
	cmd := newBenchCommand(&env{})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		shown = benchCommand(cmd)
		return nil
	}
	cmd.SetArgs([]string{"--database", "postgres://ham:hunter2@db.example/ham?password=hunter3", "--connect", "127.0.0.1:1,127.0.0.1:2", "--even", "--rate", "5"})
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	if want := "ham bench --connect 127.0.0.1:1,127.0.0.1:2 --database postgres://ham:xxxxx@db.example/ham --even --rate 5"; shown != want {
		t.Errorf("it is %s\nwant  %s", shown, want)
	}
}

func TestALoadTestWithoutArrivalsSaysWhy(t *testing.T) {
	for _, c := range []struct {
		counts bench.Counts
		want   string // "" where it has not failed
	}{
		{bench.Counts{}, "larger --rate"},
		{bench.Counts{Intended: 100, Completed: 99, Failed: 1}, ""},
		{bench.Counts{Intended: 100, Completed: 98, NotStarted: 2}, "2.00% of the arrivals"},
	} {
		if err := judge(c.counts, 0.01); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v", c.counts, err)
		}
	}
}

func TestWhereAReportCannotGoIsSaidBeforeTheTest(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{"": "", dir + "/a": "", dir: "is a folder", dir + "/none/a": "no such folder"} {
		for _, f := range []benchFlags{{out: name}, {html: name}} {
			if err := f.placesForReports(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
}
