"""What a good model writes from the tools' answers must go out: less than 2 % of it may be held back."""

from __future__ import annotations

from salespilots.services.workflows.guard import problem_with
from tests.services.test_ai_tools import facts_of, sentences

HONEST = {
    "saree": """
Blue block-print saree is ₹1,499.00, 9 in stock. How many would you like?
2 pieces come to ₹2,998 plus ₹80 delivery, ₹3,078 in all.
2 pieces come to ₹2,998.00 plus ₹80.00 delivery, ₹3,078.00 in all.
Yes, we have Blue block-print saree for ₹1,499.00, 9 in stock.
Yes! The Blue block-print saree is available at ₹1,499.00. We have 9 pieces in stock. 😊
The blue saree is Rs. 1,499 and 9 pieces are available.
The **Blue block-print saree** costs **₹1,499.00** – 9 in stock.
Two pieces would be ₹2,998.00, and delivery is ₹80.00, so ₹3,078.00 in total.
For 2 sarees: ₹2,998.00 + ₹80.00 delivery = ₹3,078.00.
The total for 2 is ₹3,078.00 including delivery.
2 ka total ₹3,078.00 hoga, delivery ke saath.
2 saree ₹2,998.00 ki hain, delivery ₹80.00, total ₹3,078.00.
Blue block-print saree ₹1,499.00 ki hai aur 9 piece available hain. Kitne chahiye?
Haan ji, blue saree stock mein hai. ₹1,499.00 ki hai.
Blue saree 1499 rupaye ki hai, 9 stock mein hain.
नीली साड़ी ₹१,४९९ की है।
नीली साड़ी ₹1,499.00 की है और 9 स्टॉक में हैं। कितनी चाहिए?
जी हाँ, नीली साड़ी उपलब्ध है। कीमत ₹1,499.00 है।
दो साड़ियाँ ₹2,998.00 की हैं, डिलीवरी ₹80.00, कुल ₹3,078.00।
It is soft mul cotton, block-printed by hand in indigo, 5.5 m with a running blouse piece.
It's 5.5 m long and costs ₹1,499.00. Would you like one?
We have two sarees: Blue block-print saree at ₹1,499.00 and Maroon silk saree at ₹3,499.00.
Blue block-print saree is ₹1,499.00 (9 in stock), and the Maroon silk saree is ₹3,499.00 (2 left).
The blue one is ₹1,499.00 and the maroon one is ₹3,499.00. Which one do you like?
Blue and maroon sarees are ₹1,499.00 and ₹3,499.00.
₹1,499.00 for the blue saree, ₹3,499.00 for the maroon silk one.
Only 2 left of the Maroon silk saree, at ₹3,499.00.
Only two left of the maroon saree.
If you want something for a wedding, the Maroon silk saree is ₹3,499.00.
Delivery is ₹80.00 for this order value.
Delivery charge ₹80 lagega.
One piece is ₹1,499.00.
Each saree is ₹1,499.00, so 2 come to ₹2,998.00.
Would you like 1 or 2?
How many pieces would you like?
Sure! Please tell me how many you need.
Feel free to ask if you need anything else!
Shall I note 2 pieces for you?
Would you like to order? Tell me your name, phone and address.
Shall I place the order?
Wash it cold, please.
The shop will answer that for you.
I am not sure about that; the shop will get back to you.
Namaste! Blue block-print saree ₹1,499.00 mein available hai.
Price: ₹1,499.00 ⏎ Stock: 9 ⏎ Fabric: soft mul cotton
Blue block-print saree – ₹1,499/- (9 available)
Kya aap 2 lena chahenge? Total ₹3,078.00 hoga.
It is the same price for everyone: ₹1,499.00.
Yes, the Blue block-print saree is in stock! It's priced at ₹1,499.00 and there are 9 pieces available. Would you like to order one?
The Blue block-print saree is available for ₹1,499.00. We currently have 9 in stock. Let me know how many you'd like! 😊
Hi! The Blue block-print saree is ₹1,499.00 and we have 9 in stock. It's soft mul cotton, block-printed by hand in indigo (5.5 m with running blouse piece).
For 2 Blue block-print sarees, it's ₹2,998.00 plus ₹80.00 for delivery, which makes ₹3,078.00 in total. Shall we go ahead?
2 pieces = ₹2,998.00. Delivery ₹80.00. Total ₹3,078.00.
Quantity: 2, Goods: ₹2,998.00, Delivery: ₹80.00, Total: ₹3,078.00
The total comes to ₹3,078.00 (₹2,998.00 for the sarees and ₹80.00 for delivery).
2 sarees will cost you ₹3,078.00 with delivery.
It would be ₹2,998.00 for two, and ₹80.00 delivery on top.
Ji haan, Blue block-print saree available hai. Price ₹1,499.00 hai aur 9 pieces stock mein hain. Aapko kitne chahiye?
Blue saree ka price ₹1,499.00 hai.
Do saree ka total ₹2,998.00 hai, plus ₹80.00 delivery, yaani ₹3,078.00.
2 piece ka ₹2,998.00, delivery ₹80.00, total ₹3,078.00. Kya order karna chahenge?
Delivery charge ₹80.00 hai, total ₹3,078.00 banta hai.
Aap apna naam, phone number aur address bhej dijiye.
Please share your name, mobile number and pincode so the shop can help you.
नीली साड़ी की कीमत ₹1,499.00 है और हमारे पास 9 पीस उपलब्ध हैं।
दो साड़ियों का कुल ₹3,078.00 होगा (₹2,998.00 + ₹80.00 डिलीवरी)।
Blue block-print saree ₹1,499.00 की है, 9 पीस स्टॉक में हैं।
डिलीवरी चार्ज ₹80.00 है।
क्या आप 2 साड़ियाँ लेना चाहेंगे?
मरून सिल्क साड़ी ₹3,499.00 की है, सिर्फ 2 बची हैं।
नमस्ते! नीली ब्लॉक-प्रिंट साड़ी ₹1,499.00 में उपलब्ध है।
Sure! The Maroon silk saree is art silk with a woven gold border, for weddings and festivals. It's ₹3,499.00 and only 2 are left.
The Maroon silk saree (₹3,499.00) is a good choice for a wedding; the Blue block-print saree (₹1,499.00) is lighter.
For weddings I'd suggest the Maroon silk saree at ₹3,499.00. For daily wear, the Blue block-print saree at ₹1,499.00 is lovely.
Both are available: the blue one at ₹1,499.00 and the maroon one at ₹3,499.00.
Both sarees are in stock.
The price of the blue saree is ₹1,499.00 per piece.
It costs ₹1,499.00 each.
One saree costs ₹1,499.00; two cost ₹2,998.00.
The blue saree comes with a running blouse piece.
Please wash it cold. The maroon one is dry clean only.
Would you like one piece or two?
I can't give a different price, it is ₹1,499.00.
Sorry, I can't change the price. It's ₹1,499.00 as listed.
The shop decides about that; I will pass your question on.
I don't know about the delivery time, the shop will answer that.
That I cannot promise, the shop will tell you.
Thank you for your interest! Would you like to see more?
Great choice! How many would you like?
You can tell me the number of pieces, and I'll work out the total.
Yes ji, 9 piece hain. ₹1,499.00 each.
Haan, mil jayegi. ₹1,499.00.
Rs 1,499 only, 9 pieces available.
₹1,499 😊 9 left
The saree is 5.5 metres long.
The maroon saree is 6.3 m with blouse piece, ₹3,499.00.
Indigo block print, hand made, ₹1,499.00.
Blue saree: ₹1,499.00 | Maroon saree: ₹3,499.00
Our blue saree is ₹1,499.00 and yes, it is available in stock now.
That's ₹3,078.00 in all for 2 pieces with delivery to your address.
With ₹80.00 delivery, two sarees are ₹3,078.00.
The delivery charge is ₹80.00 for two sarees.
₹2,998.00 + ₹80.00 = ₹3,078.00
Hello! 😊 Yes, the Blue block-print saree is available. It costs ₹1,499.00 and we have 9 pieces left. Would you like to buy it?
Thanks for asking! The Blue block-print saree is ₹1,499.00. Delivery is ₹80.00 if you order two.
Our Blue block-print saree in soft mul cotton is ₹1,499.00 and there are 9 pieces in stock. Shall I tell you the total with delivery?
Two Blue block-print sarees come to ₹2,998.00, plus ₹80.00 for delivery. The total is ₹3,078.00.
Blue block-print saree x 2: ₹2,998.00
Blue block-print saree × 2 = ₹2,998.00, delivery = ₹80.00, total = ₹3,078.00
It is ₹1,499.00. If you take 2, the total with delivery is ₹3,078.00.
If you take two, it comes to ₹2,998.00 and delivery is ₹80.00.
Total amount: ₹3,078.00 (2 x ₹1,499.00 + ₹80.00 delivery)
Yes, 2 are available. The total is ₹3,078.00.
Yes, we have enough stock for 2 pieces.
We have 9 of the blue saree and 2 of the maroon one.
The maroon silk saree costs more, ₹3,499.00, and there are only 2.
Blue wali ₹1,499.00 ki hai aur maroon wali ₹3,499.00 ki.
Neeli saree ₹1,499.00, maroon saree ₹3,499.00.
Aapko kaunsi pasand hai, blue ya maroon?
Haan ji, bilkul! Blue block-print saree 9 piece mein available hai, price ₹1,499.00.
Ji, 2 saree ka total ₹2,998.00 + ₹80.00 delivery = ₹3,078.00 hoga.
Aap 2 piece lena chahte hain to ₹3,078.00 lagenge, delivery milakar.
Price thoda bhi kam nahi ho sakta, ₹1,499.00 fixed hai.
Ye saree cotton ki hai, 5.5 m lambi, blouse piece ke saath.
Ji haan stock mein hai, 9 piece.
Kitne piece chahiye aapko?
नमस्ते! ब्लू ब्लॉक-प्रिंट साड़ी ₹1,499.00 की है और अभी 9 पीस स्टॉक में हैं। कितने पीस चाहिए?
2 साड़ियों के ₹2,998.00 और डिलीवरी के ₹80.00, कुल ₹3,078.00 होंगे।
नीली साड़ी ₹1,499.00 और मरून साड़ी ₹3,499.00 की है।
यह साड़ी मुलायम कॉटन की है और 5.5 मीटर लंबी है।
मरून साड़ी के सिर्फ 2 पीस बचे हैं।
जी हाँ, दोनों साड़ियाँ उपलब्ध हैं।
कृपया अपना नाम, फोन नंबर और पता बताइए।
क्या मैं कुल कीमत बताऊँ?
Yes, both are in stock: blue ₹1,499.00, maroon ₹3,499.00.
I'm sorry, I can only tell you the listed price: ₹1,499.00.
I'm afraid I can't offer that; the price is ₹1,499.00.
That price isn't possible, it's ₹1,499.00.
The saree doesn't come in other sizes, it is 5.5 m.
Sorry, I can't say when it will arrive; the shop will tell you.
For payment, the shop will send you a link after you order.
Once you order, you'll get the payment details from the shop.
Just reply with the number of pieces you want.
Let me know if you'd like to go ahead!
Is there anything else you'd like to know?
Of course! Which of the two do you like more?
The blue one, at ₹1,499.00, is lighter; the maroon one, at ₹3,499.00, is for weddings.
Price ₹1,499.00 👗 Stock 9 ✅
₹1499 only, 9 pcs available
It's Rs.1,499/- and available.
Okay! 2 pieces. Your total will be ₹3,078.00 including ₹80.00 delivery. Please share your address.
Perfect, 2 sarees then: ₹3,078.00 with delivery.
Hi Riya, the blue saree is ₹1,499.00.
Here are the details: ⏎ - Blue block-print saree: ₹1,499.00 (9 in stock) ⏎ - Maroon silk saree: ₹3,499.00 (2 in stock)
1. Blue block-print saree: ₹1,499.00 ⏎ 2. Maroon silk saree: ₹3,499.00
• Blue block-print saree – ₹1,499.00 – 9 in stock ⏎ • Maroon silk saree – ₹3,499.00 – 2 in stock
Yes, it is! ₹1,499.00, and 9 pieces are available.
We have the Blue block-print saree at ₹1,499.00 (9 in stock). Want it?
Blue block-print saree costs ₹1,499.00. For two, the total including delivery (₹80.00) is ₹3,078.00.
Sure, two pieces: ₹2,998.00 for the sarees and ₹80.00 for delivery, together ₹3,078.00.
Great! 2 sarees × ₹1,499.00 = ₹2,998.00, + ₹80.00 delivery = ₹3,078.00 total.
Your total comes to ₹3,078.00. Could you share your delivery address?
The grand total is ₹3,078.00 for 2 pieces.
Delivery charges are ₹80.00, so you would pay ₹3,078.00.
₹3,078.00 including delivery for two sarees.
Delivery for 2 is ₹80.00.
Hum delivery ke ₹80.00 lete hain. Total ₹3,078.00.
Blue wali saree available hai ji, ₹1,499.00 only.
Price ₹1,499.00 hai ji. 9 pcs hain.
9 piece bache hain, ₹1,499.00 each.
Abhi 9 piece stock mein hain.
Aapko ek chahiye ya do?
Ek saree ₹1,499.00 ki hai.
नीली साड़ी के 9 पीस बचे हैं, कीमत ₹1,499.00।
जी, यह उपलब्ध है। ₹1,499.00 प्रति पीस।
आपको कितने पीस चाहिए?
2 पीस के लिए कुल ₹3,078.00 (डिलीवरी ₹80.00 सहित)।
डिलीवरी सहित कुल ₹3,078.00 होगा।
मरून सिल्क साड़ी की कीमत ₹3,499.00 है और 2 पीस बचे हैं।
You asked for the blue saree: it's ₹1,499.00 with 9 left in stock.
It's a soft cotton saree with a hand block print. Length 5.5 m. Price ₹1,499.00.
The length is 5.5 m including the blouse piece.
It has a running blouse piece, so you can get it stitched.
We have only two sarees right now: blue and maroon.
Maroon silk saree: ₹3,499.00, hurry, only 2 left!
Only 2 pieces of the maroon silk saree are left.
The maroon silk saree needs dry cleaning.
Would you like the blue (₹1,499.00) or the maroon (₹3,499.00)?
Both sarees come with a blouse piece.
The blue saree is ₹1,499.00, whereas the maroon silk saree is ₹3,499.00.
If ₹3,499.00 is too much, the blue saree is ₹1,499.00.
Sorry, no discounts, the price is ₹1,499.00.
I can't reduce the price, sorry.
Anything else I can help with today?
Thanks! I'll wait for your reply.
I understand. Take your time!
No problem! Tell me when you are ready.
Yes please, go ahead and tell me the size of your order.
Okay, noted.
It's ₹1,499.00 and in stock.
Yes, we do! The price is ₹1,499.00.
₹1,499.00 😊
Blue block-print saree, ₹1,499.00, 9 left.
That one is ₹1,499.00. I can tell you the total if you tell me how many.
So 2 would be ₹2,998.00 + ₹80.00 delivery.
With delivery, your two sarees come to ₹3,078.00.
Including delivery the total is ₹3,078.00.
Delivery adds ₹80.00, making it ₹3,078.00.
₹80.00 is the delivery charge.
The delivery fee would be ₹80.00.
2 pcs: ₹3,078.00 all in.
Dono milakar nahi, ek ki kimat ₹1,499.00 hai.
Ji, 9 hain. Kitni bhejun?
Stock: 9 pieces | Price: ₹1,499.00
मात्र ₹1,499.00 में नीली साड़ी!
नीली साड़ी ₹1,499.00 की है, मरून ₹3,499.00 की।
अभी 9 साड़ियाँ स्टॉक में हैं।
डिलीवरी ₹80.00 लगेगी।
कुल मिलाकर ₹3,078.00 होंगे।
कपड़ा मुलायम मल कॉटन है।
Blue saree cotton ki hai aur maroon wali art silk ki.
Maroon saree thodi mehengi hai, ₹3,499.00.
Maroon wali ke 2 hi piece bache hain.
Sirf 2 maroon sarees bachi hain.
We have both! Blue is ₹1,499.00; maroon is ₹3,499.00.
I'd be happy to help. The saree is ₹1,499.00.
Shall I go ahead with 2?
Just tell me "yes" and I will pass it on.
To order, please confirm the quantity and your address.
I can only see the price here: ₹1,499.00.
The price is final at ₹1,499.00.
This is a genuine hand block print, ₹1,499.00.
Do you want the blue one?
We do have it. ₹1,499.00 each, 9 available.
How about the Maroon silk saree? It's ₹3,499.00.
No, it's ₹1,499.00, not ₹3,499.00. That is the maroon silk saree.
You're looking at the Blue block-print saree, right? It's ₹1,499.00.
Blue block-print saree is in stock at ₹1,499.00.
Price: ₹1,499.00 per saree, 9 available.
₹1,499.00 hai ji, 9 piece available.
Blue saree ki price ₹1,499.00 hai aur stock mein 9 hain.
Yes, absolutely. It's ₹1,499.00, with 9 in stock.
Sure ji! 2 blue sarees: ₹2,998.00, delivery ₹80.00, total ₹3,078.00. Address bhej dijiye.
Total bill ₹3,078.00 hoga (2 saree + delivery ₹80.00).
To buy 2, you would pay ₹2,998.00 and ₹80.00 for delivery.
The sarees are ₹2,998.00, the delivery is ₹80.00.
₹3,078.00 is the total for 2 pieces, delivery included.
2 ke liye ₹3,078.00.
Do ke ₹2,998.00 aur delivery ₹80.00.
Two would be ₹3,078.00 with delivery. Shall I continue?
Hi 👋 this one is ₹1,499.00. We have 9.
Maroon one is ₹3,499.00 and we have 2.
The two sarees are ₹1,499.00 and ₹3,499.00.
Prices: blue ₹1,499.00, maroon ₹3,499.00.
Our sarees are priced at ₹1,499.00 and ₹3,499.00.
Sarees ₹1,499.00 se ₹3,499.00 tak hain.
Sarees start at ₹1,499.00.
From ₹1,499.00 to ₹3,499.00.
For a wedding take the maroon silk one: gold border, ₹3,499.00, 2 left.
Soft cotton, block printed by hand, just ₹1,499.00.
The blue saree is light and good for daily wear.
Yes, it comes with a blouse piece.
No, the blouse is not stitched; it is a running blouse piece.
Dry clean the maroon one, wash the blue one cold.
जी हाँ, 9 पीस हैं। कितने भेजें?
साड़ी ₹1,499.00 की है।
दो पीस ₹2,998.00, डिलीवरी ₹80.00।
नीली वाली ₹1,499.00 की और मरून वाली ₹3,499.00 की है।
मरून वाली के सिर्फ 2 बचे हैं।
अभी स्टॉक में है।
आपका स्वागत है! और कुछ?
Which colour would you like, blue or maroon?
Let me know the quantity please.
I'd suggest checking with the shop about delivery time.
I don't have that information, the shop will reply soon.
That's ₹1,499.00 each, so ₹2,998.00 for both.
OK! Tell me your pincode please.
""",
    "one": """
1 piece comes to ₹1,499.00 plus ₹80.00 delivery, ₹1,579.00 in all.
With delivery it is ₹1,579.00.
₹1,579.00 including ₹80.00 delivery.
Delivery ke saath ₹1,579.00 hoga.
डिलीवरी मिलाकर ₹1,579.00 होगा।
It's ₹1,499.00 plus ₹80.00 delivery, so ₹1,579.00.
1 saree: ₹1,499.00 + ₹80.00 = ₹1,579.00
Ek saree ₹1,499.00 ki hai, delivery ₹80.00, total ₹1,579.00.
एक साड़ी ₹1,499.00 की है, डिलीवरी ₹80.00, कुल ₹1,579.00।
You pay ₹1,579.00 in all, delivery included.
Delivery to your place is ₹80.00.
Your total would be ₹1,579.00.
₹1,499.00 + ₹80.00 delivery = ₹1,579.00.
So for one piece it is ₹1,579.00 with delivery.
कुल ₹1,579.00।
""",
    "looked": """
Sorry, we don't have a pink saree, but the Blue block-print saree is ₹1,499.00.
A pink saree is not available right now. We do have blue and maroon ones.
Pink saree abhi available nahi hai. Blue block-print saree ₹1,499.00 ki hai.
The blue saree is cheaper than the maroon one: ₹1,499.00 against ₹3,499.00.
There are 9 left.
Yes, it's available.
Sorry, pink saree hamare paas nahi hai, lekin Blue block-print saree ₹1,499.00 mein hai.
We do not have a pink one, sorry.
गुलाबी साड़ी अभी नहीं है, पर नीली साड़ी ₹1,499.00 की है।
Sorry, we have no pink sarees. We have blue (₹1,499.00) and maroon (₹3,499.00).
""",
    "kurta": """
White cotton kurta is ₹899.00 in M and L, and ₹949.00 in XL.
White cotton kurta: M ₹899.00 (6 in stock), L ₹899.00 (4 in stock), XL ₹949.00 (3 in stock).
M: ₹899.00, 6 in stock ⏎ L: ₹899.00, 4 in stock ⏎ XL: ₹949.00, 3 in stock
The white kurta comes in M, L and XL, from ₹899.00 to ₹949.00. Which size do you need?
We have it in 3 sizes: M, L and XL.
Size M is ₹899.00 and 6 are available.
L size mein 4 piece hain, ₹899.00 ka hai.
XL is ₹949.00, only 3 left.
Which size would you like: M, L or XL?
It is handloom cotton with side pockets and a little embroidery at the neck.
13 pieces in all sizes together are in stock.
White cotton kurta ₹899.00 se shuru hai. Size M, L aur XL available hain.
M mein 6, L mein 4 aur XL mein 3 available hain.
M (6), L (4) and XL (3) are in stock.
The XL is ₹949.00; M and L are ₹899.00 each.
L is ₹899.00 and 4 are in stock.
M और L ₹899.00 के हैं, XL ₹949.00 का है।
Yes, size L is available at ₹899.00 (4 left). Should I add one?
The white cotton kurta in size XL is ₹949.00 and there are 3 left.
We have M, L and XL. What is your size?
Only 3 left in XL, 4 in L.
Price is ₹899.00 for M/L and ₹949.00 for XL.
Yes, the White cotton kurta is available in M, L and XL.
M and L cost ₹899.00, while XL costs ₹949.00.
For size L the price is ₹899.00; 4 pieces are in stock.
The XL costs a bit more: ₹949.00.
Sorry, XXL is not available. We have M, L and XL.
We don't have size S, only M, L and XL.
सफेद कुर्ता M में ₹899.00 का है, 6 पीस उपलब्ध हैं।
White kurta L size: ₹899.00, 4 available. XL: ₹949.00, 3 available.
Sizes and prices: ⏎ M – ₹899.00 ⏎ L – ₹899.00 ⏎ XL – ₹949.00
The kurta is ₹899.00 for M and L.
Only XL costs ₹949.00, the others are ₹899.00.
It's ₹899.00 (M, L) or ₹949.00 (XL).
Yes, M is in stock (6).
We have 6 in M, 4 in L and 3 in XL.
M: 6, L: 4, XL: 3 in stock.
Medium and large are ₹899.00.
कुर्ता M और L में ₹899.00 और XL में ₹949.00 का है।
XL mein sirf 3 bache hain.
L is available.
M and L: ₹899.00, XL: ₹949.00.
M/L ₹899.00, XL ₹949.00
Kurta M size ₹899.00 mein available hai.
XL ke 3 piece bache hain, ₹949.00.
The kurta has side pockets. ₹899.00 (M/L), ₹949.00 (XL).
In L we have 4 pieces.
No S, sorry; M is the smallest at ₹899.00.
M and L cost ₹899.00 each.
L is ₹899.00, XL is ₹949.00.
6 M, 4 L and 3 XL are in stock.
It comes in M, L and XL.
XL ka price ₹949.00 hai.
Kurta ₹899.00 se ₹949.00 tak hai.
M, L: ₹899.00 | XL: ₹949.00
Handloom cotton, straight cut, ₹899.00 onwards.
""",
    "necklace": """
Pearl necklace is ₹1,299.00, but it is sold out.
Sorry, the pearl necklace is out of stock right now.
Pearl necklace abhi stock mein nahi hai.
माफ़ कीजिए, मोती का हार अभी स्टॉक में नहीं है।
Sorry, it is not available at the moment. Would you like to see other products?
Its length can be set from 40 to 46 cm.
Two rows of shell pearls with a gold-coloured pendant.
The Pearl necklace (₹1,299.00) is currently sold out.
Pearl necklace is not in stock now, sorry.
Pearl necklace khatam ho gaya hai, sorry.
It's out of stock. We can tell you when it is back in stock.
पर्ल नेकलेस ₹1,299.00 का है लेकिन अभी स्टॉक में नहीं है।
Unfortunately we have none left of the Pearl necklace.
Sorry, the Pearl necklace is sold out at the moment. May I show you something else?
Pearl necklace (₹1,299.00) is out of stock. Would you like to see earrings?
Maaf kijiye, pearl necklace abhi out of stock hai.
मोती का हार अभी उपलब्ध नहीं है। इसकी कीमत ₹1,299.00 है।
There are no Pearl necklaces left right now.
Sorry, sold out! The price was ₹1,299.00.
The pearl necklace is unavailable right now.
Yeh abhi khatam ho gaya hai.
It's sold out at the moment, sorry!
अभी स्टॉक में नहीं है, माफ़ कीजिए।
Pearl necklace: ₹1,299.00 (sold out).
We're out of the pearl necklace, sorry.
Haar abhi nahi hai, sorry.
Sorry, we have no pearl necklace in stock now.
Pearl necklace sold out hai.
It is ₹1,299.00 but not available now.
अभी खत्म हो गया है, माफ़ कीजिए।
""",
    "jutti": """
Sizes 5, 6 and 7 are available at ₹1,199.00.
Embroidered leather juttis are ₹1,199.00. Size 5 has 3 left, size 6 has 5 and size 7 has 4.
Size 6: ₹1,199.00, 5 in stock.
They are true to size, in Indian sizes.
Size 6 is available. Should I tell you about delivery?
Juttis ₹1,199.00 ke hain. Size 5 mein 3, size 6 mein 5 aur size 7 mein 4 hain.
Yes, we have size 7: ₹1,199.00, 4 left.
Which size do you wear: 5, 6 or 7?
Available sizes: 5 (3 left), 6 (5 left), 7 (4 left).
The juttis are ₹1,199.00 in sizes 5, 6 and 7.
Size 7 is in stock: 4 pieces, ₹1,199.00 each.
Size 6 available hai, ₹1,199.00.
साइज 6 में 5 उपलब्ध हैं, ₹1,199.00।
Sorry, size 8 is not available.
We have sizes 5, 6, and 7 in stock.
The embroidered leather juttis cost ₹1,199.00. Which size?
5 (3 pcs), 6 (5 pcs), 7 (4 pcs)
7 number ki jutti available hai, ₹1,199.00.
Size 5, 6, 7 available.
₹1,199.00, sizes 5-7.
Size 6 ki jutti ₹1,199.00 ki hai, 5 bachi hain.
Size 5: 3, size 6: 5, size 7: 4 left.
All sizes are ₹1,199.00.
Size 7 mein 4 bachi hain.
""",
    "small": """
Terracotta diyas, set of 6 are ₹299.00, 24 in stock.
The set of 6 diyas is ₹299.00.
Hand-painted ceramic mug: ₹349.00, 300 ml, microwave safe.
The mug holds 300 ml and costs ₹349.00; 14 available.
The diyas come as a set of 6 for ₹299.00.
Six hand-thrown clay lamps for ₹299.00.
The mug is ₹349.00 and 14 are in stock.
Mug ki capacity 300 ml hai.
Diyas (set of 6): ₹299.00.
Microwave safe, 300 ml.
The mug costs ₹349.00.
""",
    "bangles": """
Brass bangles, set of 4 are ₹649.00. Sizes 2.4 and 2.6 are available.
Size 2.4 is 57 mm wide and has 7 in stock; size 2.6 is 60 mm and has 5.
2.4 and 2.6 are both ₹649.00.
Brass bangles are ₹649.00 for a set of 4. Size 2.4 (57 mm) has 7, size 2.6 (60 mm) has 5.
2.4 size ke 7 set hain, 2.6 ke 5.
Bangles are ₹649.00 for a set of 4, in sizes 2.4 and 2.6.
2.4 mein 7 aur 2.6 mein 5 available hain.
2.6 is 60 mm wide inside.
Set of 4 bangles, ₹649.00.
Both sizes are ₹649.00.
2.4 (57 mm) or 2.6 (60 mm)?
""",
    "cushion": """
Embroidered cushion cover is ₹399.00 in Red and Teal.
Red: 10 in stock, Teal: 8 in stock.
It is 40 x 40 cm with a hidden zip.
The red one has 10 left and the teal one 8.
₹399.00 each, in red or teal.
Red aur Teal dono ₹399.00 ke hain.
Red and Teal are both available at ₹399.00.
Teal is ₹399.00 and 8 are in stock.
We have two colours: Red and Teal.
Cushion covers are ₹399.00 each; Red has 10 and Teal has 8.
Laal wala ₹399.00, 10 piece available.
40 x 40 cm, mirror work, hidden zip.
Teal ₹399.00, 8 left; Red ₹399.00, 10 left.
Filler is not included.
Both colours are ₹399.00.
Red or teal? Both are in stock.
""",
    "free": """
2 Maroon silk sarees come to ₹6,998.00 and delivery is free.
Total ₹6,998.00 with free delivery.
2 saree ₹6,998.00, delivery free hai.
No delivery charge on this: ₹6,998.00 in all.
Delivery is free on this order. The total is ₹6,998.00 for 2.
Your total for 2 is ₹6,998.00, delivery included.
डिलीवरी फ्री है, कुल ₹6,998.00।
For 2 pieces the total is ₹6,998.00 and there is no delivery charge.
₹6,998.00 in all; delivery is free.
Maroon silk saree: 2 × ₹3,499.00 = ₹6,998.00, free delivery.
Since delivery is free, 2 sarees are ₹6,998.00.
Shipping is free for this order.
You pay ₹6,998.00, no delivery charges.
Delivery free! Total ₹6,998.00.
2 × ₹3,499.00 = ₹6,998.00 with free delivery
For ₹6,998.00 delivery is free.
""",
    "order": """
Your order SP-1001 is on its way with Delhivery, tracking number DL558812.
Your order SP-1001 has been shipped. You can follow it here: PAGE
Order SP-1001 (2 × Blue block-print saree, ₹3,078.00) is shipped. PAGE
Aapka order SP-1001 ship ho gaya hai, Delhivery se.
आपका ऑर्डर SP-1001 रवाना हो गया है।
Your order SP-1001 is shipped with Delhivery (DL558812). Follow it here: PAGE
Your order of 2 × Blue block-print saree for ₹3,078.00 is on the way.
Order SP-1001: shipped, courier Delhivery, tracking DL558812.
Aapka order SP-1001 raaste mein hai. Tracking: DL558812
आपका ऑर्डर SP-1001 रास्ते में है।
Good news! Order SP-1001 is on its way.
Your order SP-1001 was shipped with Delhivery. Tracking number: DL558812. PAGE
It has been shipped! Tracking: DL558812.
SP-1001: 2 × Blue block-print saree, total ₹3,078.00, shipped by Delhivery.
Aapka order bhej diya gaya hai, tracking DL558812.
आपका ऑर्डर भेज दिया गया है। ट्रैकिंग: DL558812
Your order SP-1001 has left the shop and is on its way to you.
Order SP-1001 is on the way! Courier: Delhivery, tracking no. DL558812.
Your order is shipped. Total was ₹3,078.00.
Track here: PAGE
Aapka parcel Delhivery se nikal chuka hai.
Your order SP-1001 with 2 sarees is on its way.
Order SP-1001 has been shipped via Delhivery (DL558812).
It's on the way! PAGE
Aapka order SP-1001 Delhivery se bheja gaya hai.
Shipped with Delhivery, tracking DL558812.
Your order SP-1001 is on its way. PAGE
""",
    "waiting": """
Your order SP-1001 for ₹3,078.00 is waiting for payment.
Order SP-1001 is not paid yet. You can see it here: PAGE.
SP-1001 is still unpaid; the total is ₹3,078.00.
Your order SP-1001 is not packed yet.
Order SP-1001 is waiting for your payment of ₹3,078.00. PAGE
Aapka order SP-1001 ka payment abhi baaki hai.
Your order SP-1001 is waiting for payment of ₹3,078.00.
The payment for SP-1001 has not arrived yet.
SP-1001 has not been shipped yet.
Aapka order SP-1001 abhi payment ka wait kar raha hai.
We are waiting for the payment of ₹3,078.00 for order SP-1001.
Order SP-1001: payment pending, ₹3,078.00.
Aapke order SP-1001 ka payment abhi nahi aaya hai.
आपके ऑर्डर SP-1001 का भुगतान अभी बाकी है।
Please complete the payment of ₹3,078.00 here: PAGE
Payment of ₹3,078.00 is pending for SP-1001.
Not yet, it is waiting for payment.
It is placed but not paid yet.
We have not received the payment for SP-1001 yet.
""",
    "nothing": """
Hello! How can I help you today?
Namaste! Aap kya dekhna chahenge?
नमस्ते! मैं आपकी क्या मदद कर सकता हूँ?
Which product do you mean?
You're welcome! 😊
Hi! 👋 What are you looking for today?
Sure, tell me which product you like.
Sorry, I did not understand. Could you say it again?
I will ask the shop and they will reply here.
धन्यवाद! और कुछ चाहिए?
Shukriya! Kuch aur dekhna hai?
Hello! 😊 How may I help?
Hi there! Looking for sarees, kurtas or jewellery?
Could you tell me which one you mean?
The shop will reply to you here.
ठीक है, धन्यवाद!
Koi baat nahi!
Of course, what would you like to know?
I'm here to help with products and orders.
Please send the product's name.
Hello ji!
Tell me what you are looking for.
Sorry for the trouble, the shop will reply.
""",
}

ALWAYS = (
    "Blue block-print saree is ₹1,499.00, 9 in stock. How many would you like?",
    "2 pieces come to ₹2,998 plus ₹80 delivery, ₹3,078 in all.",
)


def test_true_sentences_go_out() -> None:
    pairs = sentences(HONEST)
    reasons = {one: problem_with(one, facts_of(scene)) for scene, one in pairs}
    blocked = {one: reason for one, reason in reasons.items() if reason is not None}
    assert len(pairs) > 300
    assert len(blocked) < 0.02 * len(pairs), blocked


def test_the_plain_reply_is_never_held_back() -> None:
    assert [problem_with(one, facts_of("saree")) for one in ALWAYS] == [None, None]


def test_every_practice_product_can_be_offered() -> None:
    from tests.services.test_ai_tools import StubReader, learnt, run

    for product in StubReader().catalogue(99):
        facts = learnt(run("search_products", query=product.title))
        for kind in product.variants:
            name = f"{product.title}, {kind.title}" if kind.title else product.title
            stock = f"{kind.available} in stock" if kind.available else "sold out"
            assert problem_with(f"{name} is ₹{kind.price_paise / 100:,.2f}, {stock}.", facts) is None, name
