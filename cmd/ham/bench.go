package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hamconnect/cmd/ham/bench"
	"hamconnect/server"
)

// benchFlags are those of ham bench.
type benchFlags struct {
	adminFlags

	options   bench.Options
	accounts  string // file
	html, out string // files
	maxErrors string
}

func newBenchCommand(e *env) *cobra.Command {
	f := &benchFlags{}
	cmd := &cobra.Command{
		Use:   "bench --server URL --scenario " + strings.Join(bench.Scenarios(), "|"),
		Short: "Load a server and measure it",
		Long: `bench loads a server as people do who know nothing of one another, and reports
how long each had to wait. The time of every arrival is fixed beforehand, and
what it waits is counted from then: a server that stalls is charged for all who
would have come meanwhile. It runs beside the server's data (--data, --database),
where it makes people for itself, and removes them at its end; or, elsewhere, with
the --accounts that 'ham bench accounts' has made there.

  waiting   N desktops wait for a scan; R a second are approved by a Ham app.
            From the approval being sent to the browser being told. A desktop
            waits for three minutes at most: others are opened in place of
            those that are over, and the report says how many. The scans come
            a second or so before, are as many, and cost as much; with --once
            those of a load of up to 22 s are all made before it begins
  logins    whole sign-ins: page, socket, scan, approval, finish, token
  token     code for token
  userinfo  the person's data for a token
  poll      polls of waiting tickets of Ham Web

It loads a server on this machine, or one whose operator has allowed this
machine to with 'ham serve --load-test-from'.`,
		Example: `  ham bench --server http://localhost:8484 --scenario logins --rate 50 --users 200 --duration 30s
  ham bench --server http://localhost:8484 --scenario waiting --rate 100 --users 10000 --html report.html
  ham bench compare before.json after.json`,
		GroupID: groupServer,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runBench(cmd, e, f) },
	}
	f.add(cmd.Flags())
	cmd.AddCommand(newBenchCompare(e), newBenchAccounts(e), newBenchCleanup(e))
	return cmd
}

func (f *benchFlags) add(flags *pflag.FlagSet) {
	o := &f.options
	flags.StringVar(&o.Server, "server", "", "public URL of the server, such as http://localhost:8484")
	flags.StringSliceVar(&o.Connect, "connect", nil, "addresses, HOST:PORT, to connect to in place of the URL's, in turn: the nodes behind it")
	flags.StringVar(&o.Scenario, "scenario", "", strings.Join(bench.Scenarios(), ", "))
	flags.Float64Var(&o.Rate, "rate", 10, "arrivals a second")
	flags.BoolVar(&o.Even, "even", false, "arrivals come at the same distance, and not by chance")
	flags.IntVar(&o.Users, "users", 100, "people with a Ham app each; for waiting as many desktops, for token browsers, for poll tickets")
	flags.IntVar(&o.People, "people", 0, "for waiting: people with a Ham app, who approve in turn (default: as many as desktops)")
	flags.BoolVar(&o.Once, "once", false, "for waiting: what is over is not opened again, and a short load begins when all its scans are made")
	flags.IntVar(&o.AtOnce, "prepare-at-once", 0, "how much of the preparation is under way at a time (default 64): less, where several ham bench prepare together")
	flags.DurationVar(&o.LoadAfter, "load-after", 0, "the load begins that long after the preparation has begun, or once it is done: so several ham bench begin together")
	flags.DurationVar(&o.Duration, "duration", 30*time.Second, "how long is measured")
	flags.DurationVar(&o.WarmUp, "warm-up", 5*time.Second, "how long the load lasts before that")
	flags.DurationVar(&o.Baseline, "baseline", 2*time.Second, "how long the server's GET /healthz is measured before, to compare with; 0: not")
	flags.DurationVar(&o.Timeout, "timeout", 20*time.Second, "an arrival that takes longer has failed")
	flags.IntVar(&o.MaxUnderWay, "max-under-way", 1000, "arrivals at a time; others are counted as not started")
	flags.Uint64Var(&o.Seed, "seed", 0, "the same seed gives the same times of arrival (default: by chance; the report says which)")
	flags.StringVar(&f.maxErrors, "max-errors", "1%", "share that may fail, or not be started, before the exit code is 1")
	flags.StringVar(&f.accounts, "accounts", "", "file of 'ham bench accounts', in place of --data and --database")
	flags.BoolVar(&f.json, "json", false, "write JSON to standard output")
	flags.StringVar(&f.out, "out", "", "also write the JSON to this file")
	flags.StringVar(&f.html, "html", "", "also write a page with plots to this file")
	f.addPlace(flags)
}

func runBench(cmd *cobra.Command, e *env, f *benchFlags) error {
	o := &f.options
	most, err := parseShare(f.maxErrors)
	if err != nil {
		return &usageError{err}
	}
	if o.Server == "" {
		return usagef("say which server with --server, such as --server %s", server.DefaultPublicURL)
	}
	if err := o.Check(); err != nil {
		return &usageError{err}
	}
	if err := f.placesForReports(); err != nil {
		return err
	}
	if f.accounts != "" && (f.data != "" || f.database != "") {
		return usagef("--accounts goes without --data and --database: the accounts are there already")
	}
	if !cmd.Flags().Changed("seed") {
		o.Seed = uint64(rand.Uint32()) //nolint:gosec // of no worth to anybody
	}
	o.Command, o.Program = benchCommand(cmd), version()
	o.Said = func(format string, args ...any) { fmt.Fprintf(e.stderr, "ham: "+format+"\n", args...) }
	target, err := bench.Find(cmd.Context(), o.Server, o.Connect)
	if err != nil {
		return err
	}
	var report *bench.Report
	err = f.withAccounts(cmd.Context(), target.URL, func() error {
		report, err = bench.Run(cmd.Context(), *o, target)
		return err
	})
	if report == nil {
		return err
	}
	if err := errors.Join(err, writeReport(e, f, report)); err != nil {
		return err
	}
	return judge(report.Counts, most)
}

// judge says whether a load test has failed.
func judge(c bench.Counts, most float64) error {
	if c.Intended == 0 {
		return errors.New("nobody came in that time: give a larger --rate, or a longer --duration")
	}
	if missed := c.Missed(); missed > most {
		return fmt.Errorf("%.2f%% of the arrivals did not complete, and --max-errors allows %.2f%%", 100*missed, 100*most)
	}
	return nil
}

// placesForReports finds out before a long test what could not be written after it.
func (f *benchFlags) placesForReports() error {
	for _, name := range []string{f.out, f.html} {
		if name == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
			return usagef("the report cannot be written to %s: there is no such folder", name)
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return usagef("the report cannot be written to %s: that is a folder", name)
		}
	}
	return nil
}

// withAccounts runs act with the accounts of a file, or with some that it makes
// and takes away again, whatever becomes of act.
func (f *benchFlags) withAccounts(ctx context.Context, public string, act func() error) (err error) {
	if f.accounts != "" {
		if f.options.Accounts, err = readAccounts(f.accounts, public); err != nil {
			return err
		}
		return act()
	}
	return f.with(ctx, func(a *server.Admin) (err error) {
		if a.PublicURL() != public {
			return fmt.Errorf("these data are of the server at %s, and not of %s: name those with --data or --database", a.PublicURL(), public)
		}
		maker := accountMaker{admin: a, said: f.options.Said}
		if err := maker.removeLeftovers(ctx); err != nil {
			return err
		}
		name := runName()
		defer func() { err = errors.Join(err, maker.remove(name)) }()
		stop, err := maker.keepAlive(ctx, name)
		if err != nil {
			return err
		}
		defer stop()
		if f.options.Accounts, err = maker.make(ctx, name, f.options.HamApps()); err != nil {
			return err
		}
		return act()
	})
}

// parseShare reads 1% or 0.01.
func parseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(number, 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share >= 0 && share <= 1) {
		return 0, fmt.Errorf("--max-errors takes a share such as 1%%, and not %q", text)
	}
	return share, nil
}

// benchCommand is the command line for the report, without what is secret.
func benchCommand(cmd *cobra.Command) string {
	words := []string{"ham", "bench"}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		value := f.Value.String()
		switch f.Name {
		case "database":
			value = withoutPassword(value)
		case "connect":
			value = strings.Trim(value, "[]")
		}
		if f.Value.Type() == "bool" {
			words = append(words, "--"+f.Name)
			return
		}
		words = append(words, "--"+f.Name, quote(value))
	})
	return strings.Join(words, " ")
}

// writeReport writes wherever it can: what was measured is not lost with one file.
func writeReport(e *env, f *benchFlags, report *bench.Report) error {
	var errs []error
	if f.out != "" {
		errs = append(errs, writeFile(f.out, func(file *os.File) error { return writeJSON(file, report) }))
	}
	if f.html != "" {
		errs = append(errs, writeFile(f.html, func(file *os.File) error { return report.WriteHTML(file) }))
	}
	if f.json {
		return errors.Join(append(errs, writeJSON(e.stdout, report))...)
	}
	return errors.Join(append(errs, report.WriteText(e.stdout))...)
}

func writeFile(path string, write func(*os.File) error) error {
	file, err := os.Create(path) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func newBenchCompare(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "compare A.json B.json",
		Short:   "Show two reports beside each other",
		Long:    "compare shows two reports that were written with --out or --json, and the second\nas a multiple of the first.",
		Example: "  ham bench compare before.json after.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("give two reports")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			var reports [2]*bench.Report
			for i, name := range args {
				file, err := os.Open(name) //nolint:gosec // the operator names it
				if err != nil {
					return fmt.Errorf("reading a report: %w", err)
				}
				reports[i], err = bench.ReadReport(file)
				if err = errors.Join(err, file.Close()); err != nil {
					return fmt.Errorf("reading %s: %w", name, err)
				}
			}
			return bench.Compare(e.stdout, reports[0], reports[1])
		},
	}
}
