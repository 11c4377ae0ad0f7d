"""Which of a file's columns is which of the contract's: the usual names, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.names import plain

__all__ = ["LABELS", "USUAL_NAMES", "guess_columns", "guess_labels"]

_CUSTOMER = (
    "customerid customer customernumber customerno custid clientid client userid user memberid member "
    "accountid buyerid shopperid contactid 顧客id 顧客番号 顧客コード 顧客 会員id 会員番号 会員コード "
    "お客様番号 お客様id 得意先コード 得意先番号 得意先 ユーザーid ユーザid"
)
_KNOWN = "knownat loadedat ingestedat recordedat 登録日時 取込日時 取込日"
_TIME = "createdat createdon created timestamp datetime date time 日時 日付 年月日"
_CHANNEL = "channel チャネル チャンネル"

# Best first: where a file has several of a line's names, the first wins. Spelt as `plain` leaves them.
_SPELT = {
    "transactions": {
        "customer_id": _CUSTOMER,
        "timestamp": "timestamp datetime purchasedat purchasedate purchasedon orderedat orderdate "
        "orderdatetime invoicedate transactiondate transactiontime saledate salesdate createdat createdon "
        "date time 購入日時 購入日 注文日時 注文日 受注日時 受注日 取引日時 取引日 売上日時 売上日 販売日 "
        "購買日時 購買日 日時 日付",
        "amount": "amount netamount lineamount linetotal totalamount total totalprice sales salesamount "
        "revenue value spend 金額 購入金額 売上金額 販売金額 注文金額 取引金額 購買金額 支払金額 税込金額 "
        "合計金額 合計 売上高 売上",
        "order_id": "orderid orderno ordernumber invoiceid invoiceno invoice transactionid basketid "
        "receiptid receiptno 注文番号 注文id 受注番号 伝票番号 取引番号 取引id レシート番号",
        "line_id": "lineid linenumber lineno orderlineid 明細番号 明細id 行番号",
        "product_id": "productid productcode product stockcode sku itemid itemcode 商品コード 商品id "
        "商品番号 品番 janコード",
        "category": "category productcategory department 商品カテゴリ 商品カテゴリー カテゴリ カテゴリー "
        "商品分類 分類 部門",
        "quantity": "quantity qty units numberofcds 数量 個数 点数 購入数 販売数",
        "unit_price": "unitprice price priceeach 単価 販売単価 商品単価",
        "discount": "discount discountamount 割引額 割引 値引額 値引き 値引",
        "margin": "margin grossmargin grossprofit profit 粗利額 粗利 粗利益 売上総利益",
        "currency": "currency currencycode 通貨コード 通貨",
        "channel": f"{_CHANNEL} saleschannel 販売チャネル 購入チャネル",
        "is_return": "isreturn returned refunded 返品フラグ 返品",
        "known_at": _KNOWN,
    },
    "customers": {
        "customer_id": f"{_CUSTOMER} id",
        "signed_up_at": "signedupat signupdate signup registeredat registrationdate registered joinedat "
        "joindate membersince 入会日時 入会日 会員登録日 登録日"
        f" {_TIME}",
        "acquisition_channel": "acquisitionchannel acquisitionsource source 獲得チャネル 獲得経路 流入元",
        "acquisition_cost": "acquisitioncost cac 獲得費用 獲得コスト",
        "country": "country countrycode 国 国名 国コード",
        "known_at": _KNOWN,
    },
    "interactions": {
        "customer_id": _CUSTOMER,
        "opened_at": "openedat opened opendate ticketdate contactdate contactedat calldate receivedat "
        "受付日時 受付日 問合せ日時 問合せ日 問い合わせ日時 問い合わせ日"
        f" {_TIME}",
        "first_response_at": "firstresponseat firstresponse firstrepliedat firstreply respondedat "
        "answeredat 初回応答日時 初回回答日時 回答日時 応答日時",
        "resolved_at": "resolvedat resolved resolveddate closedat closed closeddate solvedat 解決日時 "
        "解決日 完了日時 完了日 対応完了日",
        "channel": f"{_CHANNEL} contactchannel 受付チャネル",
        "topic": "topic subject reason issuetype 件名 問合せ内容 問い合わせ内容 問合せ種別 用件",
        "reopened": "reopened isreopened 再オープン 再問合せ",
        "known_at": _KNOWN,
    },
    "surveys": {
        "customer_id": _CUSTOMER,
        "submitted_at": "submittedat submitted answeredat respondedat responsedate surveydate surveyedat "
        "reviewdate reviewedat 回答日時 回答日"
        f" {_TIME}",
        "kind": "kind surveykind surveytype 調査種別 アンケート種別",
        "score": "score rating reviewrating stars nps npsscore csat csatscore ces cesscore satisfaction "
        "点数 評価 評点 スコア 満足度 推奨度",
        "comment": "comment comments feedback reviewtext text verbatim コメント 自由記述 ご意見",
        "known_at": _KNOWN,
    },
    "loyalty": {
        "customer_id": _CUSTOMER,
        "changed_at": "changedat changed changedate updatedat updatedon effectivefrom validfrom 変更日時 "
        "変更日 更新日時 更新日"
        f" {_TIME}",
        "tier": "tier loyaltytier rank level grade membership ランク 会員ランク 会員ステージ ステージ 等級",
        "points": "points rewardpoints loyaltypoints pointbalance pointsbalance ポイント ポイント残高 "
        "保有ポイント",
        "known_at": _KNOWN,
    },
    "subscriptions": {
        "customer_id": _CUSTOMER,
        "started_at": "startedat started startdate start contractstart begindate 開始日時 開始日 "
        "契約開始日 契約日",
        "ended_at": "endedat ended enddate end cancelledat canceledat churnedat contractend 終了日時 "
        "終了日 解約日時 解約日 契約終了日",
        "plan": "plan planname planid subscriptionplan プラン プラン名 契約プラン",
        "monthly_amount": "monthlyamount monthlyfee monthlycharges monthlyprice mrr 月額 月額料金",
        "cancel_reason": "cancelreason cancellationreason churnreason 解約理由",
        "known_at": _KNOWN,
    },
    "treatments": {
        "customer_id": _CUSTOMER,
        "sent_at": f"sentat sent senddate sentdate deliveredat 送信日時 送信日 配信日時 配信日 {_TIME}",
        "campaign": "campaign campaignid campaignname キャンペーン キャンペーン名 キャンペーンid 施策 施策名",
        "arm": "arm variant treatment group segment offer 群 割付 オファー 施策群",
        "cost": "cost sendcost costperoffer 費用 コスト 配信費用",
        "randomised": "randomised randomized israndomised israndomized 無作為 ランダム割付",
        "known_at": _KNOWN,
    },
}
USUAL_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    table: {column: (column.replace("_", ""), *names.split()) for column, names in columns.items()}
    for table, columns in _SPELT.items()
}
"""By table of the contract, and by its columns: what files call them, as `plain` leaves it."""


LABELS: Mapping[str, tuple[str, ...]] = {
    name: tuple(names.split())
    for name, names in {
        "tenure_months": "tenuremonths tenure tenureinmonths monthstenure monthsactive 契約月数 利用月数 "
        "継続月数 在籍月数",
        "churned": "churnvalue churn churned churnlabel churnflag ischurn ischurned exited attrition "
        "attritionflag 解約 解約フラグ 解約有無 退会 退会フラグ 離反 離反フラグ",
    }.items()
}
"""What a labelled table of subscribers calls the months that each has stayed, and who has left."""


def guess_labels(header: Sequence[str]) -> dict[str, str]:
    """Return the names in ``header`` of the tenure and of the label; empty unless both are there.

    >>> guess_labels(["customerID", "tenure", "MonthlyCharges", "Churn"])
    {'tenure_months': 'tenure', 'churned': 'Churn'}
    """
    by_plain_name = {plain(name): name for name in reversed(header)}
    found = {
        label: next((by_plain_name[name] for name in usual if name in by_plain_name), "")
        for label, usual in LABELS.items()
    }
    return found if all(found.values()) else {}


def guess_columns(header: Sequence[str], table: str = "transactions") -> dict[str, str]:
    """Return the columns of ``table`` recognised in ``header``, each with its name there; none is used twice.

    Upper and lower case, full and half width, spaces and punctuation do not matter.

    >>> guess_columns(["CustomerID", "InvoiceDate", "Quantity", "Description"])
    {'customer_id': 'CustomerID', 'timestamp': 'InvoiceDate', 'quantity': 'Quantity'}
    >>> guess_columns(["顧客ＩＤ", "購入日", "金額"])
    {'customer_id': '顧客ＩＤ', 'timestamp': '購入日', 'amount': '金額'}
    >>> guess_columns(["ContactId", "RewardPoints", "CreatedOn"], "loyalty")
    {'customer_id': 'ContactId', 'changed_at': 'CreatedOn', 'points': 'RewardPoints'}
    """
    by_plain_name = {plain(name): name for name in reversed(header)}
    found: dict[str, str] = {}
    for column, usual in USUAL_NAMES[table].items():
        match = next((by_plain_name.pop(name) for name in usual if name in by_plain_name), None)
        if match is not None:
            found[column] = match
    return found
