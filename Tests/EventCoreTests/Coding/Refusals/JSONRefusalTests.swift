import Testing

/// Documents that are not strict JSON.
@Suite struct JSONRefusalTests {
    private static func payload(_ text: String, _ fault: String) -> MarkedJSON {
        MarkedJSON(#"{"subject":"a","payload":"# + text, fault)
    }

    @Test(
        "no object",
        arguments: [
            MarkedJSON("▲", "expected an object"), MarkedJSON(" \n▲", "expected an object"),
            MarkedJSON("▲[]", "expected an object"), MarkedJSON("▲null", "expected an object"),
            MarkedJSON("  ▲\"x\"", "expected an object"), MarkedJSON("\t\r\n ▲1", "expected an object"),
            MarkedJSON("▲\u{FEFF}{\"subject\":\"a\"}", "expected an object"),
            MarkedJSON("▲\u{A0}{\"subject\":\"a\"}", "expected an object"),
            MarkedJSON("▲\u{B}{\"subject\":\"a\"}", "expected an object"),
            MarkedJSON("▲\u{0}{\"subject\":\"a\"}", "expected an object"),
            MarkedJSON("▲// c\n{\"subject\":\"a\"}", "expected an object"),
        ]
    )
    func noObject(_ json: MarkedJSON) throws {
        try json.expectRefusal()
    }

    @Test("trailing bytes", arguments: ["x", "{}", "}", ",", "\u{0}", "// c", "\u{FEFF}", "\u{A0}", "]"])
    func trailing(_ rest: String) throws {
        try MarkedJSON(#"{"subject":"a"}▲"# + rest, "trailing bytes").expectRefusal()
        try MarkedJSON("{\"subject\":\"a\"} \n\t▲" + rest, "trailing bytes").expectRefusal()
    }

    @Test(
        "structure",
        arguments: [
            MarkedJSON("{▲", "expected a member name"),
            MarkedJSON("{ ▲'subject':'a'}", "expected a member name"),
            MarkedJSON("{▲subject:\"a\"}", "expected a member name"),
            MarkedJSON("{▲,\"subject\":\"a\"}", "expected a member name"),
            MarkedJSON("{▲1:\"a\"}", "expected a member name"),
            MarkedJSON("{▲/**/\"subject\":\"a\"}", "expected a member name"),
            MarkedJSON("{▲]", "expected a member name"),
            MarkedJSON(#"{"subject"▲"#, "expected ':'"),
            MarkedJSON(#"{"subject" ▲"a"}"#, "expected ':'"),
            MarkedJSON(#"{"subject"▲="a"}"#, "expected ':'"),
            MarkedJSON(#"{"subject"▲}"#, "expected ':'"),
            MarkedJSON(#"{"subject":▲"#, "expected a string"),
            MarkedJSON(#"{"subject":▲}"#, "expected a string"),
            MarkedJSON(#"{"subject":▲'a'}"#, "expected a string"),
            MarkedJSON(#"{"subject":▲:"a"}"#, "expected a string"),
            MarkedJSON(#"{"subject":"a"▲"#, "expected ',' or '}'"),
            MarkedJSON(#"{"subject":"a" ▲"id":"b"}"#, "expected ',' or '}'"),
            MarkedJSON(#"{"subject":"a"▲]"#, "expected ',' or '}'"),
            MarkedJSON(#"{"subject":"a"▲;"id":"b"}"#, "expected ',' or '}'"),
            MarkedJSON(#"{"subject":"a" ▲// c"#, "expected ',' or '}'"),
            MarkedJSON(#"{"subject":"a",▲}"#, "expected a member name"),
            MarkedJSON(#"{"subject":"a",▲,"id":"b"}"#, "expected a member name"),
            MarkedJSON(#"{"subject":"a",▲"#, "expected a member name"),
        ]
    )
    func structure(_ json: MarkedJSON) throws {
        try json.expectRefusal()
    }

    @Test(
        "structure inside the payload",
        arguments: [
            payload("▲", "expected a value"), payload("▲}", "expected a value"), payload(" ▲,", "expected a value"),
            payload("[1,▲]}", "expected a value"), payload("[▲,1]}", "expected a value"),
            payload("[1,▲,2]}", "expected a value"), payload("[▲", "expected a value"),
            payload("[▲}", "expected a value"), payload("[1▲}}", "expected ',' or ']'"),
            payload("[1 ▲2]}", "expected ',' or ']'"), payload("[1▲:2]}", "expected ',' or ']'"),
            payload("[1▲", "expected ',' or ']'"), payload("[[]▲", "expected ',' or ']'"),
            payload("{\"b\":1,▲}}", "expected a member name"), payload("{▲\u{0}}}", "expected a member name"),
            payload("{\"b\":[],▲[]}}", "expected a member name"), payload("{\"b\":1▲]}", "expected ',' or '}'"),
            payload("{\"b\"▲}}", "expected ':'"), payload("{\"b\":▲}}", "expected a value"),
            payload("{\"b\"▲,1}}", "expected ':'"), payload("[{\"b\":[{}▲}]}]}", "expected ',' or ']'"),
            payload("▲'a'}", "expected a value"), payload("▲]}", "expected a value"),
        ]
    )
    func nested(_ json: MarkedJSON) throws {
        try json.expectRefusal()
    }

    @Test(
        "numbers and literals",
        arguments: [
            payload("0▲1}", "expected ',' or '}'"), payload("-0▲0}", "expected ',' or '}'"),
            payload("▲+1}", "expected a value"), payload("▲.5}", "expected a value"),
            payload("1.▲}", "expected a digit"), payload("1.▲e5}", "expected a digit"),
            payload("1e▲}", "expected a digit"), payload("1e+▲}", "expected a digit"),
            payload("1E-▲}", "expected a digit"), payload("1e▲.5}", "expected a digit"),
            payload("1e5▲.5}", "expected ',' or '}'"), payload("1.5▲.5}", "expected ',' or '}'"),
            payload("-▲}", "expected"), payload("-▲-1}", "expected"), payload("-▲Infinity}", "expected"),
            payload("-▲.5}", "expected"), payload("-▲ 1}", "expected"),
            payload("0▲x1F}", "expected ',' or '}'"), payload("1▲_000}", "expected ',' or '}'"),
            payload("▲NaN}", "expected a value"), payload("▲Infinity}", "expected a value"),
            payload("▲tru}", "expected a value"), payload("▲tru", "expected a value"),
            payload("▲True}", "expected a value"), payload("▲nul}", "expected a value"),
            payload("▲nULL}", "expected a value"), payload("true▲x}", "expected ',' or '}'"),
            payload("null▲\"\"}", "expected ',' or '}'"), payload("▲undefined}", "expected a value"),
            payload("▲１}", "expected a value"), payload("1▲", "expected ',' or '}'"), payload("-▲", "expected"),
        ]
    )
    func scalars(_ json: MarkedJSON) throws {
        try json.expectRefusal()
    }
}
