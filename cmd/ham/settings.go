package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/BurntSushi/toml"
	"github.com/spf13/pflag"
)

// setting is one value of a command that may come from several places.
type setting struct {
	name   string // of the flag; HAM_NAME in the environment, name with _ in the file
	value  string // at first the default
	usage  string
	many   bool   // its flag may be given several times; the values are joined by commas
	secret bool   // it is an address that may hold a password
	from   string // where value comes from, for --print-config
}

func (s setting) variable() string {
	return "HAM_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

func (s setting) key() string { return strings.ReplaceAll(s.name, "-", "_") }

// settings are those of one command. The first of flag, environment variable,
// file and default that says something is in force.
type settings struct {
	all  []setting
	file string // given by --config-file or $HAM_CONFIG_FILE
	base string // the command, and the name of its default file
}

func newSettings(command string, all ...setting) *settings {
	return &settings{all: all, base: command}
}

func (s *settings) addFlags(flags *pflag.FlagSet) {
	for _, one := range s.all {
		if one.many {
			flags.Var(&manyFlag{}, one.name, one.usage)
			continue
		}
		flags.String(one.name, one.value, one.usage)
		if one.value == "false" { // naming it is saying yes
			flags.Lookup(one.name).NoOptDefVal = "true"
		}
	}
	flags.StringVar(&s.file, "config-file", "", "TOML file with these settings (default: $HAM_CONFIG_FILE, or "+s.base+".toml in your ham configuration folder if it exists)")
}

// manyFlag gathers what a flag is given, so that none of several is lost.
type manyFlag struct{ values []string }

func (f *manyFlag) Set(value string) error { f.values = append(f.values, value); return nil }
func (f *manyFlag) String() string         { return strings.Join(f.values, ",") }
func (f *manyFlag) Type() string           { return "list" }

// get gives the value in force of the setting called name, once resolved.
func (s *settings) get(name string) string {
	for _, one := range s.all {
		if one.name == name {
			return one.value
		}
	}
	panic("ham: no setting is called " + name)
}

// resolve looks where each setting comes from. An empty environment variable
// counts as not set.
func (s *settings) resolve(flags *pflag.FlagSet) error {
	path, inFile, err := s.readFile()
	if err != nil {
		return err
	}
	for i := range s.all {
		one := &s.all[i]
		one.from = "default"
		if value, ok := inFile[one.key()]; ok {
			one.value, one.from = value, path
		}
		if value := os.Getenv(one.variable()); value != "" {
			one.value, one.from = value, "$"+one.variable()
		}
		if flag := flags.Lookup(one.name); flag != nil && flag.Changed {
			one.value, one.from = flag.Value.String(), "--"+one.name
		}
	}
	return nil
}

// readFile reads the TOML file. One that was named must exist; a key that no
// setting has is a mistake, and said.
func (s *settings) readFile() (path string, values map[string]string, err error) {
	path, named := s.file, true
	if path == "" {
		path = os.Getenv("HAM_CONFIG_FILE")
	}
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", nil, nil //nolint:nilerr // no folder, no file
		}
		path, named = filepath.Join(dir, "ham", s.base+".toml"), false
	}
	var file map[string]any
	if _, err := toml.DecodeFile(path, &file); err != nil {
		if !named && errors.Is(err, fs.ErrNotExist) {
			return "", nil, nil
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return "", nil, fmt.Errorf("reading the settings: %w", err)
		}
		return "", nil, fmt.Errorf("reading %s: %w; each line must be name = \"value\"", path, err)
	}
	values = map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(file)) {
		if !s.has(key) {
			return "", nil, fmt.Errorf("%s: there is no setting %q; see 'ham %s --help'", path, key, s.base)
		}
		if values[key], err = asText(file[key]); err != nil {
			return "", nil, fmt.Errorf("%s: %s: %w", path, key, err)
		}
	}
	return path, values, nil
}

// asText gives a value of the file as its flag would have it: a text, or a
// list of texts, which are joined by commas.
func asText(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case []any:
		texts := make([]string, len(value))
		for i, one := range value {
			text, ok := one.(string)
			if !ok {
				return "", errors.New("each value of the list must stand in quotes")
			}
			texts[i] = text
		}
		return strings.Join(texts, ","), nil
	}
	return "", errors.New(`write it as name = "value", or as a list of such values`)
}

func (s *settings) has(key string) bool {
	for _, one := range s.all {
		if one.key() == key {
			return true
		}
	}
	return false
}

// given reports whether anybody has said what the setting called name is.
func (s *settings) given(name string) bool {
	for _, one := range s.all {
		if one.name == name {
			return one.from != "default"
		}
	}
	return false
}

// print shows what is in force and from where. None of the values is a secret:
// keys are named by their file, client secrets lie hashed in the database, and
// an address is shown without its password.
func (s *settings) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, one := range s.all {
		if one.secret && one.value != "" {
			one.value = withoutPassword(one.value)
		}
		fmt.Fprintf(table, "%s\t= %q\t# %s\n", one.key(), one.value, one.from)
	}
	return table.Flush()
}

// envOr gives an environment variable's value, or fallback where it is unset
// or empty.
func envOr(variable, fallback string) string {
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return fallback
}
