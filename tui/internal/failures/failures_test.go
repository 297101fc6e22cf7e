package failures

import (
	"crypto/x509"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/capture"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/texts"
)

func refused(code pairing.FailureCode, change func(f *client.Failure)) error {
	f := &client.Failure{Failure: pairing.Failure{Code: code}, Status: 400}
	if change != nil {
		change(f)
	}
	return fmt.Errorf("asking: %w", f)
}

// every is one error of each kind.
func every() (all []error) {
	for _, code := range []pairing.FailureCode{
		pairing.FailRequest, pairing.FailProof, pairing.FailClock, pairing.FailNotSignedIn, pairing.FailUserDisabled, pairing.FailUserLeaving,
		pairing.FailClient, pairing.FailNotFound, pairing.FailClaimed, pairing.FailDigest, pairing.FailConfirm, pairing.FailSealing, pairing.FailScopes, pairing.FailName,
		pairing.FailPicture, pairing.FailLastWayIn, pairing.FailNoPasskeys, pairing.FailTooMany, pairing.FailTooOften, pairing.FailServer,
	} {
		all = append(all, refused(code, nil))
	}
	for _, state := range []pairing.State{"", pairing.Waiting, pairing.Claimed, pairing.Denied, pairing.Cancelled, pairing.Expired, pairing.Approved, pairing.Finished} {
		all = append(all, refused(pairing.FailState, func(f *client.Failure) { f.State = state }))
	}
	for tries := range 3 {
		all = append(all, refused(pairing.FailNumber, func(f *client.Failure) { f.TriesLeft = tries }))
	}
	return append(all,
		refused(pairing.FailClock, func(f *client.Failure) { f.Skew = -time.Minute }),
		refused(pairing.FailTooMany, func(f *client.Failure) { f.RetryAfter = time.Minute }),
		refused(pairing.FailServer, func(f *client.Failure) { f.Description = "没有空间" }),
		&client.HostError{Link: "https://a.example", Enrolled: "https://b.example"},
		&client.AnswerError{Server: "https://a.example", Reason: "理由"},
		&client.LooseError{Path: "/a", Mend: "chmod"},
		&client.TwiceError{Account: &client.Account{Server: "https://a.example", Nickname: "Ada"}, Device: "laptop"},
		&client.SignedInError{Account: &client.Account{Server: "https://a.example", Nickname: "Ada"}},
		&client.NameError{Name: "Ada", There: []string{"Bob"}}, &client.NameError{Name: "Ada", Several: true},
		fmt.Errorf("%w: %w", client.ErrUnreachable, x509.UnknownAuthorityError{}),
		fmt.Errorf("the server accepted this device, but it cannot be kept in /a: %w", fs.ErrPermission),
		errors.New("opening the picture: open /a: permission denied"),
		&qr.LinkError{Reason: "This link is too long. Ask for a new code and scan it again."},
		&qr.PictureError{Reason: "This JPEG picture is damaged or was cut short. Save it again, or take a new screenshot."},
		&capture.Error{Reason: "The clipboard is empty. Copy the link below the code, or a screenshot of it, and try again."},
		qr.ErrNoCode, ErrEnrolLink, ErrSignInFirst, client.ErrUnreachable, client.ErrNotSignedIn, client.ErrLocked, client.ErrPassphrase, client.ErrKeyring,
	)
}

func TestEveryFailureHasWordsInEveryLanguage(t *testing.T) {
	english := []string{"the ", "this ", " is ", "try "}
	for _, code := range texts.Languages {
		for _, about := range []About{ACode, AnEnrolLink, ARow} {
			for _, err := range every() {
				said := Sentence(code, "", about, err)
				foreign := slices.ContainsFunc(english, func(word string) bool { return strings.Contains(strings.ToLower(said), word) })
				if said == "" || strings.Contains(said, "{") || strings.HasPrefix(said, "error.") || foreign && code != "en" {
					t.Errorf("%s, %v: %q", code, err, said)
				}
			}
		}
	}
}

func TestWhoHasNoAccountIsNotSentToASignInPage(t *testing.T) {
	wifi := &qr.LinkError{Reason: "This is the name and password of a wireless network, and no Ham sign-in. Scan the code on the sign-in page, or paste the link below it."}
	for code, want := range map[string]string{
		"en": "This is the name and password of a wireless network, and no Ham sign-in. Take your enrol link, or a picture of its code.",
		"zh": "这是无线网络的名称和密码，不是 Ham 登录。请使用你的注册链接，或其二维码的图片。",
	} {
		if got := Sentence(code, "", AnEnrolLink, wifi); got != want {
			t.Errorf("%s", got)
		}
		if got := Sentence(code, "", ACode, wifi); got == want {
			t.Errorf("who has one is: %s", got)
		}
	}
}

// What a client says of an answer that it cannot use is said in the language of
// the person: no reason in its source is without words.
func TestEveryAnswerThatCannotBeUsedHasWords(t *testing.T) {
	slot := regexp.MustCompile(`%[a-z]`)
	for _, format := range odd(t, "../../client") {
		reason := slot.ReplaceAllString(format, "7")
		for _, code := range texts.Languages[1:] {
			said := Sentence(code, "", ACode, &client.AnswerError{Server: "https://a.example", Reason: reason})
			if strings.Contains(said, reason) {
				t.Errorf("%s: %s", code, said)
			}
		}
	}
}

// odd are the first arguments of the calls of Account.odd.
func odd(t *testing.T, folder string) (all []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "odd" {
					text, _ := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
					all = append(all, text)
				}
			}
			return true
		})
	}
	if len(all) < 30 {
		t.Fatalf("only %d answers that cannot be used", len(all))
	}
	return all
}

func TestWhatHasNoWordsIsSaidInEnglish(t *testing.T) {
	for err, want := range map[error]string{
		errors.New("the disk is full"):                          "The disk is full.",
		Said("口令不正确。"):                                          "口令不正确。",
		&capture.Error{Reason: "The moon is too bright. Wait."}: "没有成功。（The moon is too bright. Wait.）",
		&qr.LinkError{Reason: "This link is too long. Wait."}:   "此链接无法使用。（This link is too long. Wait.）",
		&qr.LinkError{Reason: "This is a payment, and no Ham sign-in. Scan the code on the sign-in page, or paste the link below it."}: "这是付款码，不是 Ham 登录。请扫描登录页面上的二维码，或粘贴其下方的链接。",
		&qr.LinkError{Reason: "This is a link to evil.example, and no Ham sign-in. Paste the whole link."}:                             "这是指向 evil.example 的链接，不是 Ham 登录。请粘贴完整链接。",
		&qr.LinkError{Reason: "This is a contact of WhatsApp, and no Ham sign-in. Paste the whole link."}:                              "这是 WhatsApp 的联系人，不是 Ham 登录。请粘贴完整链接。",
		&qr.LinkError{Reason: "This is a gopher: link. This app opens https:// and ham:// links only."}:                                "这是 gopher: 链接。此应用只能打开 https:// 和 ham:// 链接。",
	} {
		if got := Sentence("zh", "", ACode, err); got != want {
			t.Errorf("%v: %s", err, got)
		}
	}
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	for _, gap := range catalogue().Gaps() {
		t.Error(gap)
	}
	said := map[string]bool{"error.the_server": true, "span.seconds": true, "span.minutes": true, "span.hours": true}
	for _, name := range literals(t, ".") {
		said[name] = true
	}
	for _, about := range []About{ACode, AnEnrolLink, ARow} {
		for _, err := range every() {
			if f, ok := errors.AsType[*client.Failure](err); ok {
				key, _ := refusal(catalogue()["en"], f, about)
				said[key] = true
			}
		}
	}
	for _, key := range catalogue()["en"].Keys() {
		if !said[key] {
			t.Errorf("nothing says %s", key)
		}
	}
}

// A reason whose words change in the source has to be put into the languages anew.
func TestTheReasonsAreThoseOfTheSource(t *testing.T) {
	all := strings.ToLower(strings.Join(literals(t, "../../../qr", "../../../qr/capture", "../../client", "../..", "../rules"), "\n"))
	first := reasons()[texts.Languages[1]]
	for code, said := range reasons() {
		for english, text := range said {
			for part := range strings.SplitSeq(strings.ToLower(english), "{0}") {
				if !strings.Contains(all, strings.TrimSuffix(part, ".")) {
					t.Errorf("%s: no source says %q", code, english)
				}
			}
			if first[english] == "" || strings.Contains(english, "{0}") != strings.Contains(text, "{0}") {
				t.Errorf("%s: %q is not as in %s, or fills in something else", code, english, texts.Languages[1])
			}
		}
		if len(said) != len(first) {
			t.Errorf("%s has %d reasons, not %d", code, len(said), len(first))
		}
	}
}

// literals are the strings in the source of packages.
func literals(t *testing.T, folders ...string) (all []string) {
	t.Helper()
	for _, folder := range folders {
		names, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatal(folder, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					text, _ := strconv.Unquote(l.Value)
					all = append(all, text)
				}
				return true
			})
		}
	}
	return all
}

func TestLengthsOfTimeAreInThePersonsLanguage(t *testing.T) {
	pause := func(d time.Duration) error {
		return refused(pairing.FailTooMany, func(f *client.Failure) { f.RetryAfter = d })
	}
	ahead := func(d time.Duration) error { return refused(pairing.FailClock, func(f *client.Failure) { f.Skew = d }) }
	for _, test := range []struct {
		code, want string
		err        error
	}{
		{"en", "The server wants a pause; try again in 5 seconds.", pause(5 * time.Second)},
		{"en", "The server wants a pause; try again in 1 minute.", pause(time.Minute)},
		{"zh", "服务器要求暂停。请在 5 秒后重试。", pause(5 * time.Second)},
		{"zh", "服务器要求暂停。请在 90 秒后重试。", pause(90 * time.Second)},
		{"ja", "サーバーが休止を求めています。1 分後にやり直してください。", pause(time.Minute)},
		{"en", "This computer's clock is 3 minutes ahead of the server's; set it right and try again.", ahead(3*time.Minute + 4*time.Second)},
		{"zh", "此计算机的时钟比服务器快 2 小时。请校准后重试。", ahead(2 * time.Hour)},
		{"ja", "このコンピューターの時計はサーバーより 3 分進んでいます。合わせてからやり直してください。", ahead(3*time.Minute + 4*time.Second)},
	} {
		if said := Sentence(test.code, "", ACode, test.err); said != test.want {
			t.Errorf("%s: %s, want %s", test.code, said, test.want)
		}
	}
}
