"""Which of a file's columns is which of the contract's: the usual names, in English and Japanese."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from features.delimited import open_delimited
from features.errors import SourceNotFoundError

__all__ = ["USUAL_NAMES", "guess_columns", "read_header"]

# Best first: where a file has several of a line's names, the first wins. Spelt as `_plain` leaves them.
_SPELT = {
    "customer_id": "customerid customer customernumber customerno custid clientid client userid user "
    "memberid member accountid buyerid shopperid 顧客id 顧客番号 顧客コード 顧客 会員id 会員番号 会員コード "
    "お客様番号 お客様id 得意先コード 得意先番号 得意先 ユーザーid ユーザid",
    "timestamp": "timestamp datetime purchasedat purchasedate orderedat orderdate orderdatetime invoicedate "
    "transactiondate transactiontime saledate salesdate createdat date time 購入日時 購入日 注文日時 注文日 "
    "受注日時 受注日 取引日時 取引日 売上日時 売上日 販売日 購買日時 購買日 日時 日付",
    "amount": "amount netamount lineamount linetotal totalamount total totalprice sales salesamount revenue "
    "value spend 金額 購入金額 売上金額 販売金額 注文金額 取引金額 購買金額 支払金額 税込金額 "
    "合計金額 合計 売上高 売上",
    "order_id": "orderid orderno ordernumber invoiceid invoiceno invoice transactionid basketid receiptid "
    "receiptno 注文番号 注文id 受注番号 伝票番号 取引番号 取引id レシート番号",
    "line_id": "lineid linenumber lineno orderlineid 明細番号 明細id 行番号",
    "product_id": "productid productcode product stockcode sku itemid itemcode 商品コード 商品id 商品番号 "
    "品番 janコード",
    "category": "category productcategory department 商品カテゴリ 商品カテゴリー カテゴリ カテゴリー "
    "商品分類 分類 部門",
    "quantity": "quantity qty units numberofcds 数量 個数 点数 購入数 販売数",
    "unit_price": "unitprice price priceeach 単価 販売単価 商品単価",
    "discount": "discount discountamount 割引額 割引 値引額 値引き 値引",
    "margin": "margin grossmargin grossprofit profit 粗利額 粗利 粗利益 売上総利益",
    "currency": "currency currencycode 通貨コード 通貨",
    "channel": "channel saleschannel チャネル チャンネル 販売チャネル 購入チャネル",
    "is_return": "isreturn returned refunded 返品フラグ 返品",
    "known_at": "knownat loadedat ingestedat recordedat 登録日時 取込日時 取込日",
}
USUAL_NAMES = {column: tuple(names.split()) for column, names in _SPELT.items()}


def guess_columns(header: Sequence[str]) -> dict[str, str]:
    """Return the contract columns recognised in ``header``, each with its name there; none is used twice.

    Upper and lower case, full and half width, spaces and punctuation do not matter.

    >>> guess_columns(["CustomerID", "InvoiceDate", "Quantity", "Description"])
    {'customer_id': 'CustomerID', 'timestamp': 'InvoiceDate', 'quantity': 'Quantity'}
    >>> guess_columns(["顧客ＩＤ", "購入日", "金額"])
    {'customer_id': '顧客ＩＤ', 'timestamp': '購入日', 'amount': '金額'}
    """
    by_plain_name = {_plain(name): name for name in reversed(header)}
    found: dict[str, str] = {}
    for column, usual in USUAL_NAMES.items():
        match = next((by_plain_name.pop(name) for name in usual if name in by_plain_name), None)
        if match is not None:
            found[column] = match
    return found


def read_header(path: Path) -> tuple[str, ...]:
    """Return the column names of a CSV or Parquet file, whatever its encoding and delimiter.

    Raises ``SourceNotFoundError`` or ``UnreadableSourceError``.
    """
    if not path.exists():
        raise SourceNotFoundError(f"There is no file {path}.", mend="Check the path.")
    if path.suffix.lower() in {".parquet", ".pq"}:
        import pyarrow.parquet

        return tuple(pyarrow.parquet.read_schema(path).names)
    known = {name for names in USUAL_NAMES.values() for name in names}
    return open_delimited(path, known).names


def _plain(name: str) -> str:
    """Return the letters and digits of ``name``, in lower case and half width."""
    return "".join(each for each in unicodedata.normalize("NFKC", name).casefold() if each.isalnum())
