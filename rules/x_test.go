package rules
import ("testing";"os")
func TestX(t *testing.T){ _,err:=Load(os.DirFS("packs")); if err!=nil {t.Fatal(err)} }
