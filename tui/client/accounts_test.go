package client_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

func mustAdd(t *testing.T, s *clienttest.Server, dir string) *client.Account {
	t.Helper()
	a, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Add: true, DeviceName: "phone"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func accounts(t *testing.T, dir string) []client.Kept {
	t.Helper()
	all, err := client.Accounts(client.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// servers of one account each are kept in dir, in this order; the last is in use.
func several(t *testing.T, dir string, n int) (all []*client.Account) {
	t.Helper()
	for range n {
		all = append(all, mustAdd(t, newServer(t), dir))
	}
	return all
}

func inUse(t *testing.T, dir string) string {
	t.Helper()
	return mustLoad(t, client.Options{Dir: dir}).Server
}

func TestFurtherAccountsHaveFoldersOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	if all := accounts(t, dir); len(all) != 0 {
		t.Fatalf("in an empty folder: %v", all)
	}
	all := several(t, dir, 3)
	if all[0].Folder() != dir || inUse(t, dir) != all[2].Server {
		t.Errorf("the first is in %s; in use: %s", all[0].Folder(), inUse(t, dir))
	}
	for _, a := range all[1:] {
		if filepath.Dir(a.Folder()) != filepath.Join(dir, "accounts") {
			t.Errorf("a further one is in %s", a.Folder())
		}
	}
	kept := accounts(t, dir)
	if len(kept) != 3 || kept[0].Folder() != dir || kept[0].InUse || !slices.IsSortedFunc(kept[1:], func(a, b client.Kept) int { return strings.Compare(a.Folder(), b.Folder()) }) {
		t.Errorf("listed: %+v", kept)
	}
	for _, k := range kept {
		if _, err := k.Me(t.Context()); err != nil || k.Nickname != "Ada" || k.DeviceName != "phone" || k.InUse != (k.Server == all[2].Server) {
			t.Errorf("%s: %v", k.Handle(), err)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
		info, err := d.Info()
		if err != nil || path != dir && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %s, %v", path, info.Mode(), err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestOneAccountAloneIsKeptAsEver(t *testing.T) {
	dir := t.TempDir()
	several(t, dir, 1)
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != 2 || filepath.Base(files[1]) != "account.json" || filepath.Base(files[0]) != ".lock" {
		t.Errorf("the folder holds %v, %v", files, err)
	}
}

func TestAnAccountIsFoundByItsNames(t *testing.T) {
	dir := t.TempDir()
	all := several(t, dir, 2)
	for _, name := range []string{all[0].Handle(), strings.ToUpper(all[0].Handle()), all[0].Folder()} {
		a, err := client.Load(client.Options{Dir: dir, Account: name})
		if err != nil || a.Server != all[0].Server {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"Ada", "ADA", "user-ada", "device-1"} {
		_, err := client.Load(client.Options{Dir: dir, Account: name})
		if several, ok := errors.AsType[*client.NameError](err); !ok || !several.Several || len(several.There) != 2 {
			t.Errorf("%q: %v", name, err)
		}
	}
	_, err := client.Use(client.Options{Dir: dir}, "Bea")
	if none, ok := errors.AsType[*client.NameError](err); !ok || none.Several || !strings.Contains(err.Error(), all[1].Handle()) {
		t.Errorf("an unknown one: %v", err)
	}
	if _, err := client.Load(client.Options{Dir: t.TempDir(), Account: "Ada"}); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("where nobody is: %v", err)
	}
	if err := all[1].Forget(); err != nil {
		t.Fatal(err)
	}
	if a, err := client.Load(client.Options{Dir: dir, Account: "ada"}); err != nil || a.Server != all[0].Server {
		t.Errorf("once it is the only one: %v", err)
	}
}

func TestAFolderIsNotTakenForANickname(t *testing.T) {
	t.Chdir(t.TempDir())
	const dir = "Ada" // as is everybody on these servers
	all := several(t, dir, 2)
	if err := os.Remove(filepath.Join(all[0].Folder(), "account.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "account.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err := client.Load(client.Options{Dir: dir, Account: "Ada"}); err != nil || a.Server != all[1].Server {
		t.Errorf("Ada is %v, %v", a, err)
	}
}

func TestUseStaysWhateverCurrentSays(t *testing.T) {
	dir := t.TempDir()
	all := several(t, dir, 3)
	if a, err := client.Use(client.Options{Dir: dir}, all[1].Handle()); err != nil || a.Server != all[1].Server || inUse(t, dir) != all[1].Server {
		t.Fatalf("Use: %v; in use: %s", err, inUse(t, dir))
	}
	current := filepath.Join(dir, "current")
	for _, text := range []string{"", "nothing", "../..", "..", "accounts/x", "\x00", strings.Repeat("A", 5000), "AAAA"} {
		if err := os.WriteFile(current, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if inUse(t, dir) != all[0].Server {
			t.Errorf("with %.10q in current %s is in use", text, inUse(t, dir))
		}
	}
	if err := os.Remove(current); err != nil {
		t.Fatal(err)
	}
	if inUse(t, dir) != all[0].Server {
		t.Error("without current the first is in use")
	}
}

func TestForgettingOneLeavesTheOthers(t *testing.T) {
	dir := t.TempDir()
	all := several(t, dir, 3)
	if err := all[2].Logout(t.Context()); err != nil { // the one in use
		t.Fatal(err)
	}
	if inUse(t, dir) != all[0].Server {
		t.Errorf("in use: %s", inUse(t, dir))
	}
	if _, err := os.Stat(all[2].Folder()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder stays: %v", err)
	}
	if err := all[0].Forget(); err != nil {
		t.Fatal(err)
	}
	if inUse(t, dir) != all[1].Server {
		t.Errorf("in use: %s", inUse(t, dir))
	}
	if a := mustAdd(t, newServer(t), dir); a.Folder() != dir || inUse(t, dir) != a.Server {
		t.Errorf("the next takes the place of the first, and is used: %s, %s", a.Folder(), inUse(t, dir))
	}
	if len(accounts(t, dir)) != 2 {
		t.Errorf("left: %v", accounts(t, dir))
	}
}

func TestForgetDoesNotWipeAKeyThatCameAfter(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	old := mustAdd(t, s, dir)
	s.RemoveDevices()
	if _, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Replace: true}); err != nil {
		t.Fatal(err)
	}
	if err := old.Forget(); err != nil {
		t.Fatal(err)
	}
	if _, err := mustLoad(t, client.Options{Dir: dir}).Me(t.Context()); err != nil {
		t.Errorf("the new key: %v", err)
	}
}

func TestReplaceTakesThePlaceOfTheChosenOne(t *testing.T) {
	dir := t.TempDir()
	all := several(t, dir, 3)
	s := newServer(t)
	a, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Replace: true, Account: all[1].Handle()})
	if err != nil || a.Folder() != all[1].Folder() || len(accounts(t, dir)) != 3 || inUse(t, dir) != all[2].Server {
		t.Errorf("%v; in use: %s", err, inUse(t, dir))
	}
	_, err = client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Replace: true, Account: "nobody"})
	if _, ok := errors.AsType[*client.NameError](err); !ok {
		t.Errorf("in the place of nobody: %v", err)
	}
}

func TestTheSamePersonIsNotAddedTwice(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	several(t, dir, 1)
	old := mustAdd(t, s, dir)
	_, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Add: true, DeviceName: "other"})
	if twice, ok := errors.AsType[*client.TwiceError](err); !ok || twice.Account.DeviceID != old.DeviceID || twice.Device != "phone" {
		t.Fatalf("while its key works: %v", err)
	}
	if folders, _ := filepath.Glob(filepath.Join(dir, "accounts", "*")); len(folders) != 1 {
		t.Errorf("left behind: %v", folders)
	}
	if _, err := old.Me(t.Context()); err != nil {
		t.Errorf("the old key: %v", err)
	}
	s.RemoveDevices()
	a := mustAdd(t, s, dir)
	if kept := accounts(t, dir); len(kept) != 2 || inUse(t, dir) != s.URL {
		t.Errorf("once its key does not work: %+v", kept)
	}
	if _, err := a.Me(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestARefusedAdditionLeavesNothing(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	all := several(t, dir, 1)
	l := link(t, s.EnrollLink())
	l.Code = "ANOTHERANOTHERANOTHER"
	if _, err := client.Enroll(t.Context(), l, client.Options{Dir: dir, Add: true}); err == nil {
		t.Fatal("no error")
	}
	if folders, _ := filepath.Glob(filepath.Join(dir, "accounts", "*")); len(folders) != 0 {
		t.Errorf("left behind: %v", folders)
	}
	if inUse(t, dir) != all[0].Server {
		t.Error("another is in use")
	}
}

func TestTheKeyOfAnAdditionIsKeptBeforeTheServerHearsOfIt(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	several(t, dir, 1)
	s.Intercept(func(http.ResponseWriter, *http.Request) bool {
		if drafts, _ := filepath.Glob(filepath.Join(dir, "accounts", "*", ".account-*.json")); len(drafts) != 1 {
			t.Errorf("kept: %v", drafts)
		}
		return false
	})
	a := mustAdd(t, s, dir)
	if files, err := os.ReadDir(a.Folder()); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	others := filepath.Join(dir, "accounts")
	if err := os.Chmod(others, 0o770); err != nil {
		t.Fatal(err)
	}
	s.Intercept(func(http.ResponseWriter, *http.Request) bool { t.Error("something was sent"); return false })
	_, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Add: true})
	if loose, ok := errors.AsType[*client.LooseError](err); !ok || loose.Path != others {
		t.Errorf("into a folder that others can write: %v", err)
	}
}

func TestADamagedAccountDoesNotStopTheOthers(t *testing.T) {
	dir := t.TempDir()
	all := several(t, dir, 3)
	for _, text := range []string{"", "{", `{"server":"https://ham.example","private_key":"AA"}`, `{"server":"ham.example"}`} {
		if err := os.WriteFile(filepath.Join(all[1].Folder(), "account.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		kept := accounts(t, dir)
		i := slices.IndexFunc(kept, func(k client.Kept) bool { return k.Damaged != nil })
		if len(kept) != 3 || i < 0 || kept[i].Folder() != all[1].Folder() || kept[i].Handle() != "" {
			t.Fatalf("%q: %+v", text, kept)
		}
		if inUse(t, dir) != all[2].Server {
			t.Error("another is in use")
		}
		if _, err := client.Use(client.Options{Dir: dir}, all[1].Folder()); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("using it: %v", err)
		}
	}
	// The damaged one is not passed over in silence where it is in use.
	if err := os.WriteFile(filepath.Join(dir, "current"), []byte(filepath.Base(all[1].Folder())), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Load(client.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("loading it: %v", err)
	}
	for _, k := range accounts(t, dir) {
		if k.Damaged != nil {
			if err := k.Forget(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(accounts(t, dir)) != 2 || inUse(t, dir) != all[0].Server {
		t.Errorf("left: %v", accounts(t, dir))
	}
}

func TestAnyFolderThatOthersCanWriteIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes there")
	}
	dir := t.TempDir()
	all := several(t, dir, 2)
	o := client.Options{Dir: dir}
	for path, mode := range map[string]os.FileMode{
		dir: 0o770, filepath.Join(dir, "accounts"): 0o722, all[1].Folder(): 0o702,
		filepath.Join(all[1].Folder(), "account.json"): 0o640, filepath.Join(dir, "current"): 0o644,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err = client.Load(o)
		if loose, ok := errors.AsType[*client.LooseError](err); !ok || loose.Path != path {
			t.Errorf("%s with mode %o: %v", path, mode, err)
		}
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	mustLoad(t, o)
}

func TestWhatACrashLeavesIsNoAccount(t *testing.T) {
	dir := t.TempDir()
	all := several(t, dir, 2)
	begun := filepath.Join(dir, "accounts", "AAAAAAAAAAAAAAAAAAAAAAAAAA")
	if err := os.MkdirAll(begun, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(begun, ".account-1.json"), filepath.Join(dir, ".current-1"), filepath.Join(dir, "accounts", "file"), filepath.Join(dir, ".account-2.json")} {
		if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "accounts", "not one", "account.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if len(accounts(t, dir)) != 2 || inUse(t, dir) != all[1].Server {
		t.Errorf("listed: %+v", accounts(t, dir))
	}
	if err := os.WriteFile(filepath.Join(dir, "current"), []byte(filepath.Base(begun)), 0o600); err != nil {
		t.Fatal(err)
	}
	if inUse(t, dir) != all[0].Server {
		t.Error("an enrolment that was begun is in use")
	}
}

func TestManyUseAtOnce(t *testing.T) {
	dir := t.TempDir()
	all := several(t, dir, 4)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			if _, err := client.Use(client.Options{Dir: dir}, all[i%4].Handle()); err != nil {
				t.Error(err)
			}
			if _, err := client.Load(client.Options{Dir: dir}); err != nil {
				t.Errorf("meanwhile: %v", err)
			}
		})
	}
	group.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, ".current-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if n := len(accounts(t, dir)); n != 4 {
		t.Errorf("%d accounts", n)
	}
}

// However enrolments, and what forgets, meet: no accepted key is lost.
func TestEnrolmentsAtOnceLoseNoKey(t *testing.T) {
	for _, add := range []bool{false, true} {
		dir := t.TempDir()
		const n = 6
		var group sync.WaitGroup
		var ready sync.WaitGroup // all are accepted before one is put in its place
		ready.Add(n)
		for range n {
			s := newServer(t)
			s.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/app/v1/enroll" {
					ready.Done()
					ready.Wait()
				}
				return false
			})
			group.Go(func() {
				if _, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Add: add}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		kept := accounts(t, dir)
		if len(kept) != n {
			t.Errorf("%d of %d are kept", len(kept), n)
		}
		for _, k := range kept {
			if _, err := k.Me(t.Context()); err != nil {
				t.Errorf("%s: %v", k.Handle(), err)
			}
		}
	}
}
